//! The sentiment classifier: embeddings, one convolution over three neighbours, one head of attention, a mean over tokens.
//!
//! It learns from windows of reviews, some tokens hidden, so that a hidden token is nothing new to it when it is explained.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use rationale::onnx::OnnxNetwork;
use rationale::tensor::{Convolution, Device, Tensor};
use rationale::text::{Sequence, TextNetwork, Tokenizer};
use rationale::{Draws, Seed};

use crate::adam::{Adam, Parameter, cross_entropy};
use crate::onnx::{Attribute, Graph, INT64};
use crate::reviews::{Review, read};
use crate::vocabulary::{MASK, PAD, tokenizer};
use crate::write;

const SEED: Seed = Seed::new(0);
const WIDTH: usize = 48;
const LIMIT: usize = 256;
const N_WORDS: usize = 6_000;
const N_ENDS: usize = 700;
/// Tokens of a window, those around it among them.
const WINDOW: usize = 64;
const BATCH: usize = 64;
const N_EPOCHS: usize = 5;
const RATE: f64 = 2e-3;
const DECAY: f32 = 0.02;
/// The share of tokens that are hidden, and of numbers that are dropped before the last layer.
const HIDDEN: f64 = 0.12;
const DROPPED: f64 = 0.3;

/// A review as tokens, without those that the tokenizer adds.
struct Example {
    ids: Vec<u32>,
    label: usize,
}

pub(crate) fn train(reviews: &Path, folder: &Path) -> Result<()> {
    let start = Instant::now();
    let (training, held_out) = read(reviews, SEED)?;
    let file = tokenizer(training.iter().map(|it| it.text.as_str()), N_WORDS, N_ENDS, LIMIT);
    let tokens = Tokenizer::from_bytes(file.as_bytes())?;
    let examples = training.iter().map(|it| example(it, &tokens)).collect::<Result<Vec<_>>>()?;
    let n_rows = tokens.highest().0 as usize + 1;
    println!("{} reviews, {n_rows} tokens, {:.0} s", examples.len(), start.elapsed().as_secs_f64());
    let network = fit(&examples, n_rows, start)?;
    let bytes = export(&network, n_rows);
    println!("trained in {:.0} s", start.elapsed().as_secs_f64());
    measure(&bytes, &tokens, &held_out)?;
    write(&folder.join("sentiment.onnx"), &bytes)?;
    write(&folder.join("sentiment_tokenizer.json"), file.as_bytes())
}

fn example(review: &Review, tokens: &Tokenizer) -> Result<Example> {
    let encoded = tokens.encode(&review.text)?;
    Ok(Example { ids: encoded.ids().to_vec(), label: review.label })
}

fn parameters(n_rows: usize) -> Vec<Parameter> {
    let mut draws = SEED.draws("parameters", 0, 0);
    let spread = (1.0 / WIDTH as f64).sqrt();
    let mut square = |name| Parameter::normal(name, &[WIDTH, WIDTH], spread, &mut draws);
    let (query, key, value, mixed) = (square("query"), square("key"), square("value"), square("mixed"));
    vec![
        Parameter::normal("embeddings", &[n_rows, WIDTH], 0.1, &mut draws),
        Parameter::normal("positions", &[LIMIT, WIDTH], 0.02, &mut draws),
        Parameter::normal("kernel", &[WIDTH, WIDTH, 3], spread / 1.5, &mut draws),
        Parameter::full("kernel_bias", &[WIDTH], 0.0),
        Parameter::full("norm_scale", &[WIDTH], 1.0),
        Parameter::full("norm_bias", &[WIDTH], 0.0),
        query,
        key,
        value,
        mixed,
        Parameter::normal("classes", &[WIDTH, 2], spread, &mut draws),
        Parameter::full("classes_bias", &[2], 0.0),
    ]
}

fn fit(examples: &[Example], n_rows: usize, start: Instant) -> Result<Vec<Parameter>> {
    let device = Device::named("flex")?;
    let mut parameters = parameters(n_rows);
    let mut adam = Adam::new(DECAY);
    let n_batches = examples.len() / BATCH;
    for epoch in 0..N_EPOCHS {
        let mut order: Vec<usize> = (0..examples.len()).collect();
        SEED.draws("order", epoch as u64, 0).shuffle(&mut order);
        // Reviews of about one length go together, so that little is filled up.
        order.chunks_mut(BATCH * 32).for_each(|it| it.sort_by_key(|i| examples[*i].ids.len().min(WINDOW)));
        let mut batches: Vec<&[usize]> = order.chunks_exact(BATCH).collect();
        SEED.draws("batches", epoch as u64, 0).shuffle(&mut batches);
        let mut loss = 0.0;
        for (step, batch) in batches.iter().enumerate() {
            let done = (epoch * n_batches + step) as f64 / (N_EPOCHS * n_batches) as f64;
            let mut draws = SEED.draws("windows", epoch as u64, step as u64);
            let windows: Vec<Vec<u32>> =
                batch.iter().map(|i| window(&examples[*i].ids, &mut draws)).collect();
            let labels: Vec<usize> = batch.iter().map(|i| examples[*i].label).collect();
            let leaves = parameters.iter().map(|it| it.leaf(&device)).collect::<Result<Vec<_>>>()?;
            let logits = forward(&leaves, &windows, &mut draws, &device)?;
            let target = cross_entropy(&logits, &labels, &device)?;
            let gradients = target.backward()?;
            loss += target.detach().to_f64s()?[0];
            let gradients: Vec<_> = leaves.iter().map(|it| gradients.of(it)).collect();
            let warm = (done * 20.0).min(1.0);
            adam.step(&mut parameters, &gradients, (RATE * warm * (1.0 - done)) as f32)?;
        }
        println!(
            "epoch {epoch}: loss {:.4}, {:.0} s",
            loss / n_batches as f64,
            start.elapsed().as_secs_f64()
        );
    }
    Ok(parameters)
}

/// A window of a review with some tokens hidden, between the tokens that the tokenizer adds.
fn window(ids: &[u32], draws: &mut Draws) -> Vec<u32> {
    let inner = &ids[1..ids.len() - 1];
    let n = inner.len().min(WINDOW - 2);
    let first = draws.below(inner.len() - n + 1);
    let hide = |it: &u32| if draws.uniform() < HIDDEN { MASK } else { *it };
    let shown: Vec<u32> = inner[first..first + n].iter().map(hide).collect();
    [&ids[..1], &shown[..], &ids[ids.len() - 1..]].concat()
}

/// Logits `[text, class]`, as the exported graph computes them, with some numbers dropped before the last layer.
fn forward(leaves: &[Tensor], windows: &[Vec<u32>], draws: &mut Draws, device: &Device) -> Result<Tensor> {
    let [
        embeddings,
        positions,
        kernel,
        kernel_bias,
        scale,
        bias,
        query,
        key,
        value,
        mixed,
        classes,
        classes_bias,
    ] = leaves
    else {
        anyhow::bail!("twelve parameters are needed");
    };
    let (n, length) = (windows.len(), windows.iter().map(Vec::len).max().unwrap_or(0));
    let at = |it: &Vec<u32>, place: usize| i64::from(it.get(place).copied().unwrap_or(PAD));
    let ids: Vec<i64> = windows.iter().flat_map(|it| (0..length).map(move |place| at(it, place))).collect();
    let there: Vec<f32> = ids.iter().map(|it| f32::from(u8::from(*it != i64::from(PAD)))).collect();
    let there = Tensor::from_vec(there, &[n, length, 1], device)?;
    let x = embeddings.select(0, &ids)?.reshape(&[n, length, WIDTH])?;
    let x = x.add(&positions.narrow(0, 0, length)?.unsqueeze(0)?)?.mul(&there)?;
    let how = Convolution { strides: vec![1], pads: vec![(1, 1)], dilations: vec![1], groups: 1 };
    let near = x.permute(&[0, 2, 1])?.convolve(kernel, Some(kernel_bias), &how)?.relu()?;
    let x = x.add(&near.permute(&[0, 2, 1])?)?;
    let x = x.layer_norm(scale, Some(bias), 1e-5)?;
    let flat = x.reshape(&[n * length, WIDTH])?;
    let through = |weight: &Tensor| flat.matmul(weight)?.reshape(&[n, length, WIDTH]);
    let scores = through(query)?
        .matmul(&through(key)?.permute(&[0, 2, 1])?)?
        .mul_number(1.0 / (WIDTH as f64).sqrt())?;
    let absent = there.add_number(-1.0)?.mul_number(1e4)?.reshape(&[n, 1, length])?;
    let seen = scores.add(&absent)?.softmax(2)?.matmul(&through(value)?)?;
    let seen = seen.reshape(&[n * length, WIDTH])?.matmul(mixed)?.reshape(&[n, length, WIDTH])?;
    let sum = x.add(&seen)?.mul(&there)?.sum(1)?.reshape(&[n, WIDTH])?;
    let mean = sum.div(&there.sum(1)?.reshape(&[n, 1])?)?;
    let kept =
        |draws: &mut Draws| if draws.uniform() < DROPPED { 0.0 } else { (1.0 / (1.0 - DROPPED)) as f32 };
    let kept = Tensor::from_vec((0..n * WIDTH).map(|_| kept(draws)).collect(), &[n, WIDTH], device)?;
    Ok(mean.mul(&kept)?.matmul(classes)?.add(classes_bias)?)
}

fn export(parameters: &[Parameter], n_rows: usize) -> Vec<u8> {
    let mut graph = Graph::default();
    graph.note("classes", r#"["negative","positive"]"#);
    graph.note("vocabulary", &n_rows.to_string());
    graph.input("input_ids", INT64, &["batch", "token"]);
    graph.input("attention_mask", INT64, &["batch", "token"]);
    parameters.iter().for_each(|it| graph.halves(it.name, &it.shape, &it.values));
    graph.ints("zero", &[0]);
    graph.ints("one", &[1]);
    graph.ints("two", &[2]);
    graph.floats("single", &[], &[1.0]);
    graph.floats("large", &[], &[1e4]);
    graph.floats("root", &[], &[1.0 / (WIDTH as f32).sqrt()]);
    embed(&mut graph);
    attend(&mut graph);
    graph.node("Add", &["normed", "mixed_seen"], "context", &[]);
    graph.node("Mul", &["context", "there"], "context_there", &[]);
    graph.node("ReduceSum", &["context_there", "one"], "sum", &[Attribute::Int("keepdims", 0)]);
    graph.node("ReduceSum", &["there", "one"], "count", &[Attribute::Int("keepdims", 0)]);
    graph.node("Div", &["sum", "count"], "mean", &[]);
    graph.node("Gemm", &["mean", "classes", "classes_bias"], "logits", &[]);
    graph.output("logits", &["batch", "2"]);
    graph.into_bytes("sentiment")
}

/// From ids to normed values: embeddings, positions, the convolution over neighbours.
fn embed(graph: &mut Graph) {
    graph.node("Cast", &["attention_mask"], "mask", &[Attribute::Int("to", 1)]);
    graph.node("Unsqueeze", &["mask", "two"], "there", &[]);
    graph.node("Gather", &["embeddings", "input_ids"], "embedded", &[Attribute::Int("axis", 0)]);
    graph.node("Shape", &["input_ids"], "shape", &[]);
    graph.node("Slice", &["shape", "one", "two"], "length", &[]);
    graph.node("Slice", &["positions", "zero", "length", "zero"], "places", &[]);
    graph.node("Add", &["embedded", "places"], "placed", &[]);
    graph.node("Mul", &["placed", "there"], "tokens", &[]);
    graph.node("Transpose", &["tokens"], "channels", &[Attribute::Ints("perm", &[0, 2, 1])]);
    let around = [Attribute::Ints("kernel_shape", &[3]), Attribute::Ints("pads", &[1, 1])];
    graph.node("Conv", &["channels", "kernel", "kernel_bias"], "neighbours", &around);
    graph.node("Relu", &["neighbours"], "found", &[]);
    graph.node("Transpose", &["found"], "near", &[Attribute::Ints("perm", &[0, 2, 1])]);
    graph.node("Add", &["tokens", "near"], "phrases", &[]);
    let norm = [Attribute::Int("axis", -1), Attribute::Float("epsilon", 1e-5)];
    graph.node("LayerNormalization", &["phrases", "norm_scale", "norm_bias"], "normed", &norm);
}

/// One head of attention; absent tokens are out of reach.
fn attend(graph: &mut Graph) {
    for (weight, output) in [("query", "queries"), ("key", "keys"), ("value", "values")] {
        graph.node("MatMul", &["normed", weight], output, &[]);
    }
    graph.node("Transpose", &["keys"], "keys_across", &[Attribute::Ints("perm", &[0, 2, 1])]);
    graph.node("MatMul", &["queries", "keys_across"], "raw_scores", &[]);
    graph.node("Mul", &["raw_scores", "root"], "scores", &[]);
    graph.node("Unsqueeze", &["mask", "one"], "mask_across", &[]);
    graph.node("Sub", &["mask_across", "single"], "absent", &[]);
    graph.node("Mul", &["absent", "large"], "out_of_reach", &[]);
    graph.node("Add", &["scores", "out_of_reach"], "masked_scores", &[]);
    graph.node("Softmax", &["masked_scores"], "attention", &[Attribute::Int("axis", -1)]);
    graph.node("MatMul", &["attention", "values"], "seen", &[]);
    graph.node("MatMul", &["seen", "mixed"], "mixed_seen", &[]);
}

/// Prints the share of held-out reviews that the written file gets right.
fn measure(bytes: &[u8], tokens: &Tokenizer, held_out: &[Review]) -> Result<()> {
    let network = OnnxNetwork::from_bytes(bytes, &Device::named("flex")?)?;
    let network = TextNetwork::new(&network, tokens)?;
    let right = |reviews: &[(&str, usize)]| -> Result<f64> {
        let sequences =
            reviews.iter().map(|(text, _)| Ok(Sequence::of(&tokens.encode(text)?.cut_to(LIMIT).0)));
        let answers = network.answers(&sequences.collect::<Result<Vec<_>>>()?)?;
        let n = answers
            .rows()
            .into_iter()
            .zip(reviews)
            .filter(|(row, it)| usize::from(row[1] > row[0]) == it.1)
            .count();
        Ok(n as f64 / reviews.len().max(1) as f64)
    };
    for source in ["rotten_tomatoes", "imdb"] {
        let of_source: Vec<_> =
            held_out.iter().filter(|it| it.source == source).map(|it| (it.text.as_str(), it.label)).collect();
        println!("held out, {source}: {:.4} of {} right", right(&of_source)?, of_source.len());
    }
    Ok(())
}
