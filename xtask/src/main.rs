//! The project's own chores, as `cargo xtask CHORE`.
//!
//! It stays light: what is heavy it starts as a program of its own, so that a chore never waits for polars to compile.

mod bench;
mod ci;
mod command;
mod dist;
mod evaluate;
mod golden;
mod layers;
mod outside;
mod package;
mod repository;
mod snapshot;
mod tidy;
mod train;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "The project's own chores")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Check the files of the repository against the habits of the project
    Tidy,
    /// Check which crate depends on what
    Layers(snapshot::Bless),
    /// Build and run the programs in examples/outside, as their users would
    Outside(snapshot::Bless),
    /// Package every published crate and check its size
    Package(package::Settings),
    /// Make golden files anew with the reference libraries that their scripts pin
    Golden(golden::Settings),
    /// Run the benchmarks in release
    Bench(bench::Settings),
    /// Judge every method on every model at hand, into docs/evaluation
    Evaluate(evaluate::Settings),
    /// Train the small networks that are shipped
    Train(train::Settings),
    /// Build the program as it is handed out
    Dist(dist::Settings),
    /// Run every check, cheapest first, up to the first that fails
    Ci,
}

fn main() -> Result<()> {
    match Arguments::parse().chore {
        Chore::Tidy => tidy::run(),
        Chore::Layers(bless) => layers::run(bless.mode()),
        Chore::Outside(bless) => outside::run(bless.mode()),
        Chore::Package(settings) => package::run(&settings),
        Chore::Golden(settings) => golden::run(&settings),
        Chore::Bench(settings) => bench::run(&settings),
        Chore::Evaluate(settings) => evaluate::run(&settings),
        Chore::Train(settings) => train::run(&settings),
        Chore::Dist(settings) => dist::run(&settings),
        Chore::Ci => ci::run(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
