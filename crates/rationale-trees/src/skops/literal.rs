//! The few Python literals that the header of an `.npy` file is made of.

/// A Python literal.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    /// A text in single or double quotes.
    Text(String),
    /// A whole number that is not negative.
    Integer(usize),
    /// `True` or `False`.
    Boolean(bool),
    /// A tuple or a list.
    Sequence(Vec<Literal>),
    /// A dictionary with texts as keys.
    Dictionary(Vec<(String, Literal)>),
}

/// NumPy nests structured types, but the ones read here stay at a list of tuples with a shape: three levels.
const DEPTH: usize = 8;

/// Reads one literal; what follows it must be white space.
pub(super) fn parse(text: &str) -> Option<Literal> {
    let mut reader = Reader { rest: text };
    let literal = reader.literal(DEPTH)?;
    reader.rest.trim().is_empty().then_some(literal)
}

impl Literal {
    /// The value of a key, where this is a dictionary.
    pub(super) fn get(&self, key: &str) -> Option<&Literal> {
        match self {
            Self::Dictionary(entries) => entries.iter().find(|entry| entry.0 == key).map(|entry| &entry.1),
            _ => None,
        }
    }

    /// The items of a tuple or a list.
    pub(super) fn items(&self) -> Option<&[Literal]> {
        match self {
            Self::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The text.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn literal(&mut self, depth: usize) -> Option<Literal> {
        let depth = depth.checked_sub(1)?;
        self.rest = self.rest.trim_start();
        match self.rest.chars().next()? {
            quote @ ('\'' | '"') => self.text(quote).map(Literal::Text),
            '0'..='9' => self.integer().map(Literal::Integer),
            '(' => self.sequence(')', depth).map(Literal::Sequence),
            '[' => self.sequence(']', depth).map(Literal::Sequence),
            '{' => self.dictionary(depth).map(Literal::Dictionary),
            _ => self.boolean().map(Literal::Boolean),
        }
    }

    /// Takes the next character, where it is this one.
    fn take(&mut self, character: char) -> bool {
        self.rest = self.rest.trim_start();
        let rest = self.rest.strip_prefix(character);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn text(&mut self, quote: char) -> Option<String> {
        let (text, rest) = self.rest[1..].split_once(quote)?;
        // Field names that need escapes occur in no model; NumPy writes any other character as it is.
        if text.contains('\\') {
            return None;
        }
        self.rest = rest;
        Some(text.to_owned())
    }

    fn integer(&mut self) -> Option<usize> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        // Python 2 wrote long integers as `3L`.
        self.rest = rest.strip_prefix('L').unwrap_or(rest);
        digits.parse().ok()
    }

    fn boolean(&mut self) -> Option<bool> {
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Some(value);
            }
        }
        None
    }

    fn sequence(&mut self, end: char, depth: usize) -> Option<Vec<Literal>> {
        self.rest = &self.rest[1..];
        let mut items = Vec::new();
        while !self.take(end) {
            items.push(self.literal(depth)?);
            if !self.take(',') {
                return self.take(end).then_some(items);
            }
        }
        Some(items)
    }

    fn dictionary(&mut self, depth: usize) -> Option<Vec<(String, Literal)>> {
        self.rest = &self.rest[1..];
        let mut entries = Vec::new();
        while !self.take('}') {
            let Literal::Text(key) = self.literal(depth)? else { return None };
            if !self.take(':') {
                return None;
            }
            entries.push((key, self.literal(depth)?));
            if !self.take(',') {
                return self.take('}').then_some(entries);
            }
        }
        Some(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_header_of_numpy() {
        let header =
            parse("{'descr': [('a', '<i8'), ('', '|V7')], 'fortran_order': False, 'shape': (3,), }   \n");
        let header = header.unwrap();
        assert_eq!(header.get("fortran_order"), Some(&Literal::Boolean(false)));
        assert_eq!(header.get("shape").unwrap().items().unwrap(), [Literal::Integer(3)]);
        assert_eq!(header.get("descr").unwrap().items().unwrap()[1].items().unwrap()[1].text(), Some("|V7"));
        assert_eq!(parse("()"), Some(Literal::Sequence(vec![])));
    }

    #[test]
    fn refuses_what_is_no_literal() {
        for text in
            ["", "{'a'", "{'a': }", "(1 2)", "'a", "os.system", "1 1", "{1: 2}", "99999999999999999999999"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"(".repeat(100_000)), None);
    }
}
