//! Features that people think of as one.

use crate::Error;

/// A partition of features into named groups: the columns of a one-hot encoding, a family of related figures.
///
/// Every feature belongs to exactly one group, so the attributions of groups still add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureGroups {
    names: Vec<String>,
    members: Vec<Vec<usize>>,
}

impl FeatureGroups {
    /// Takes groups as (name, features); a feature that no group names becomes a group of its own, under its name in
    /// `feature_names`, after the named ones.
    ///
    /// ```
    /// use rationale_core::FeatureGroups;
    ///
    /// let names = ["age", "job=clerk", "job=none"].map(String::from);
    /// let groups = FeatureGroups::new(vec![("job".to_owned(), vec![1, 2])], &names)?;
    /// assert_eq!(groups.names(), ["job", "age"]);
    /// # Ok::<(), rationale_core::Error>(())
    /// ```
    pub fn new(groups: Vec<(String, Vec<usize>)>, feature_names: &[String]) -> Result<Self, Error> {
        let mut owner: Vec<Option<usize>> = vec![None; feature_names.len()];
        for (group, (name, features)) in groups.iter().enumerate() {
            for &feature in features {
                let available = owner.len();
                let slot =
                    owner.get_mut(feature).ok_or(Error::Group { group: name.clone(), feature, available })?;
                if let Some(first) = slot.replace(group) {
                    let first = groups[first].0.clone();
                    return Err(Error::GroupOverlap { feature, first, second: name.clone() });
                }
            }
        }
        let (mut names, mut members): (Vec<_>, Vec<_>) = groups.into_iter().unzip();
        for (feature, _) in owner.iter().enumerate().filter(|(_, owner)| owner.is_none()) {
            names.push(feature_names[feature].clone());
            members.push(vec![feature]);
        }
        Ok(Self { names, members })
    }

    /// The groups' names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The features of each group.
    pub fn members(&self) -> &[Vec<usize>] {
        &self.members
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no group, that is, no feature.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_a_feature_in_two_groups() {
        let names = ["a", "b"].map(String::from);
        let groups = vec![("x".to_owned(), vec![0, 1]), ("y".to_owned(), vec![1])];
        let error = FeatureGroups::new(groups, &names).unwrap_err();
        assert_eq!(error.to_string(), "feature 1 belongs to the groups `x` and `y`; it may belong to one");
    }

    #[test]
    fn rejects_a_feature_that_does_not_exist() {
        let groups = vec![("x".to_owned(), vec![2])];
        assert!(FeatureGroups::new(groups, &["a".to_owned()]).is_err());
    }
}
