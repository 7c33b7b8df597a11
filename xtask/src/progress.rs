//! What a command does, told as it does it: a step's number and name when it begins, its time when it is done.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};

/// The steps of one command. Some may run beside each other: what is printed names its step in every line.
pub struct Steps {
    of: usize,
    begun: AtomicUsize,
    started: Instant,
}

impl Steps {
    /// A command of `of` steps, whose time counts from now.
    pub fn new(of: usize) -> Self {
        Self { of, begun: AtomicUsize::new(0), started: Instant::now() }
    }

    /// Takes one step: `[3/9] packs …` before it, `[3/9] packs: 12.4 s` after it.
    ///
    /// # Errors
    /// What `act` failed with, under the step's name.
    pub fn step<T>(&self, name: &str, act: impl FnOnce() -> Result<T>) -> Result<T> {
        let at = 1 + self.begun.fetch_add(1, Ordering::SeqCst);
        println!("[{at}/{}] {name} …", self.of);
        let started = Instant::now();
        let done = act().with_context(|| format!("step {at} of {} ({name})", self.of))?;
        let seconds = started.elapsed().as_secs_f64();
        println!("[{at}/{}] {name}: {seconds:.1} s", self.of);
        Ok(done)
    }

    /// Seconds since the command began.
    pub fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }
}
