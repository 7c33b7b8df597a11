//! `nearside ranker`: the universal ranker, trained over many domains, whole ones left out to judge it.

mod contrast;
mod domains;
mod judge;
mod scenes;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use nearside_assistant::{Rankers, Shelf, Shipped, looked_at, shelf};
use nearside_encoder::Encoder;
use nearside_nlu::StaticVectors;
use nearside_nlu::ranker::{LearnOptions, Message, Projection, learn};

use crate::{domain_dir, encoder, tier};
use contrast::Lesson;
use domains::Domains;
use judge::{Asked, Judged, curve, report};
use scenes::Scene;

#[derive(Subcommand)]
pub enum RankerCommand {
    /// Train the rankers anew; whole domains are left out in turn to judge them
    Train {
        /// The folder of open data sets
        #[arg(long)]
        data: PathBuf,
        /// The demo's domain folder
        #[arg(long)]
        demo: PathBuf,
        /// Questions on the demo: LANG.csv with kind, question, article
        #[arg(long)]
        demo_questions: PathBuf,
        /// FAQ files with questions: NAME.articles.csv, NAME.queries.csv, the name beginning with its language
        #[arg(long)]
        faq: PathBuf,
        /// A multilingual encoder's folder
        #[arg(long)]
        encoder: Option<PathBuf>,
        /// The file to write
        #[arg(short, long)]
        output: PathBuf,
        /// Keep the encoder's vectors in this file, for the next time
        #[arg(long)]
        cache: Option<PathBuf>,
        /// Judge only, write nothing
        #[arg(long)]
        judge_only: bool,
        /// Hidden units
        #[arg(long, default_value_t = LearnOptions::default().hidden)]
        hidden: usize,
        /// How strongly weights are pulled to zero
        #[arg(long, default_value_t = LearnOptions::default().decay)]
        decay: f32,
        /// Passes over the questions
        #[arg(long, default_value_t = LearnOptions::default().passes)]
        passes: usize,
    },
}

pub fn run(command: RankerCommand) -> Result<()> {
    let RankerCommand::Train { data, demo, demo_questions, faq, encoder, output, cache: kept, judge_only, hidden, decay, passes } = command;
    let options = LearnOptions { hidden, decay, passes, ..LearnOptions::default() };
    let domains = Domains::read(&data, &demo, &demo_questions, &faq)?;
    let scenes = scenes::make(&domains)?;
    println!("{} scenes of {} families", scenes.len(), families(&scenes).len());
    let plain = train("words and n-grams", &scenes, options, &[])?;
    let tables = tokens(&scenes)?;
    let by_tokens = train(
        "token vectors",
        &scenes,
        options,
        &every(&scenes, |scene| {
            let encode = |table: &StaticVectors| scene.vectors(|texts, _| Ok(texts.iter().map(|t| table.encode(t)).collect()));
            tables.get(&scene.language).map_or_else(|| Ok(SceneVectors::default()), encode)
        })?,
    )?;
    let (by_encoder, other_encoder) = match encoder {
        None => (plain.clone(), plain.clone()),
        Some(dir) => {
            let encoder = encoder::load(Some(&dir))?;
            let known =
                kept.as_ref().and_then(|path| std::fs::read(path).ok()).and_then(|bytes| nearside_assistant::from_postcard(&bytes).ok());
            let mut cache = Cache { encoder: &encoder, known: known.unwrap_or_default() };
            cache.fill(&scenes)?;
            if let Some(path) = &kept {
                std::fs::write(path, nearside_assistant::postcard_vec(&cache.known).map_err(anyhow::Error::msg)?)?;
            }
            let vectors = every(&scenes, |scene| scene.vectors(|texts, passage| cache.get(texts, passage)))?;
            let (projection, projected) = project(&scenes, &vectors)?;
            let shipped = train("encoder", &scenes, options, &projected)?;
            let other = train("encoder, not projected", &scenes, options, &vectors)?;
            (Shipped { projection: Some((encoder.name().to_owned(), projection)), ..shipped }, other)
        }
    };
    if judge_only {
        return Ok(());
    }
    let bytes = nearside_assistant::postcard_vec(&Rankers { plain, tokens: by_tokens, encoder: by_encoder, other_encoder })
        .map_err(anyhow::Error::msg)?;
    domain_dir::write_whole(&output, &bytes)?;
    println!("{}: {} bytes", output.display(), bytes.len());
    Ok(())
}

fn every(scenes: &[Scene], vectors: impl Fn(&Scene) -> Result<SceneVectors>) -> Result<Vec<SceneVectors>> {
    scenes.iter().map(vectors).collect()
}

fn families(scenes: &[Scene]) -> Vec<String> {
    scenes.iter().map(|s| s.family.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Families that are left out together: sets of intents each by itself, the demo's languages and FAQs a few at a time.
fn folds(scenes: &[Scene]) -> BTreeMap<String, String> {
    let several = |family: &str| ["demo ", "faq "].into_iter().find(|begin| family.starts_with(begin));
    let mut folds = BTreeMap::new();
    for (number, family) in families(scenes).into_iter().enumerate() {
        let fold = several(&family).map_or_else(|| family.clone(), |begin| format!("{begin}{}", number % 4));
        folds.insert(family, fold);
    }
    folds
}

fn tokens(scenes: &[Scene]) -> Result<BTreeMap<String, StaticVectors>> {
    let languages: BTreeSet<&String> = scenes.iter().map(|s| &s.language).collect();
    let table = |language: &String| Ok(tier::tokens(language)?.map(|(_, table)| (language.clone(), table)));
    languages.into_iter().filter_map(|language| table(language).transpose()).collect()
}

/// Vectors of texts that scenes share.
struct Cache<'a> {
    encoder: &'a Encoder,
    known: BTreeMap<(bool, String), Vec<f32>>,
}

impl Cache<'_> {
    fn fill(&mut self, scenes: &[Scene]) -> Result<()> {
        let mut wanted: BTreeSet<(bool, String)> = BTreeSet::new();
        for scene in scenes {
            wanted.extend(scene.texts());
            wanted.extend(scene.questions.iter().flat_map(|q| looked_at(&q.text)).map(|part| (false, part.to_owned())));
        }
        wanted.retain(|text| !self.known.contains_key(text));
        for passage in [false, true] {
            let texts: Vec<&str> = wanted.iter().filter(|(p, _)| *p == passage).map(|(_, t)| t.as_str()).collect();
            eprintln!("encoding {} texts", texts.len());
            let vectors = if passage { tier::encode_passages(self.encoder, &texts)? } else { tier::encode_all(self.encoder, &texts)? };
            let leading = usize::from(self.encoder.leading());
            for (text, mut vector) in texts.into_iter().zip(vectors) {
                vector.truncate(leading);
                self.known.insert((passage, text.to_owned()), vector);
            }
        }
        Ok(())
    }

    fn get(&self, texts: &[String], passage: bool) -> Result<Vec<Vec<f32>>> {
        texts.iter().map(|t| self.known.get(&(passage, t.clone())).cloned().context("a text that was not encoded")).collect()
    }
}

/// Vectors of a scene: of its documents' units in order, and of what is looked at of each question; none where it has no
/// source of them.
#[derive(Default)]
pub struct SceneVectors {
    units: Vec<Vec<f32>>,
    questions: Vec<Vec<Vec<f32>>>,
}

impl SceneVectors {
    fn projected(&self, by: &Projection) -> Self {
        let all = |vectors: &Vec<Vec<f32>>| vectors.iter().map(|v| by.apply(v)).collect::<Vec<_>>();
        Self { units: all(&self.units), questions: self.questions.iter().map(all).collect() }
    }
}

/// Parts of the families, by which a projection is learned without what it is applied to.
const PARTS: usize = 4;

/// Learns a projection from all scenes, and projects each by one that never saw its family.
fn project(scenes: &[Scene], vectors: &[SceneVectors]) -> Result<(Projection, Vec<SceneVectors>)> {
    let families = families(scenes);
    // The demo's languages tell the same things.
    let part = |scene: &Scene| {
        if scene.family.starts_with("demo") { 0 } else { families.iter().position(|f| *f == scene.family).unwrap_or(0) % PARTS }
    };
    // Of an FAQ, the scene without wordings: its others ask nearly the same.
    let mut seen = BTreeSet::new();
    let is_new = |scene: &Scene, seen: &mut BTreeSet<String>| !scene.is_faq() || seen.insert(scene.family.clone());
    let lessons: Vec<(usize, Lesson)> = scenes
        .iter()
        .zip(vectors)
        .filter(|(scene, _)| is_new(scene, &mut seen))
        .filter_map(|(scene, vectors)| Some((part(scene), Lesson::new(scene, vectors)?)))
        .collect();
    let learned = |left_out: Option<usize>| {
        let kept: Vec<&Lesson> = lessons.iter().filter(|(part, _)| Some(*part) != left_out).map(|(_, lesson)| lesson).collect();
        Projection::new(&contrast::learn(&kept)).context("no projection")
    };
    let by_part = in_parallel(&(0..PARTS).map(Some).chain([None]).collect::<Vec<_>>(), |left_out| learned(*left_out))?;
    let projected = scenes.iter().zip(vectors).map(|(scene, vectors)| vectors.projected(&by_part[part(scene)])).collect();
    Ok((by_part[PARTS].clone(), projected))
}

/// `work` on each of `items`, as many at a time as there are cores.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> Result<R> + Sync) -> Result<Vec<R>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut done = Vec::new();
    for items in items.chunks(threads) {
        let work = &work;
        done.extend(std::thread::scope(|scope| {
            let running: Vec<_> = items.iter().map(|item| scope.spawn(move || work(item))).collect();
            running.into_iter().map(|thread| thread.join().unwrap_or_else(|_| bail!("a thread ended early"))).collect::<Result<Vec<_>>>()
        })?);
    }
    Ok(done)
}

fn train(name: &str, scenes: &[Scene], options: LearnOptions, vectors: &[SceneVectors]) -> Result<Shipped> {
    println!("── {name}");
    let none = SceneVectors::default();
    let mut messages: Vec<(usize, Message, Asked)> = Vec::new();
    for (at, scene) in scenes.iter().enumerate() {
        let SceneVectors { units: of_units, questions: of_questions } = vectors.get(at).unwrap_or(&none);
        let common: Vec<&str> = scene.common.iter().map(String::as_str).collect();
        let put_up: Shelf = shelf(&scene.documents, &common, of_units);
        for (number, question) in scene.questions.iter().enumerate() {
            let vectors = of_questions.get(number).map_or(&[][..], Vec::as_slice);
            let (message, documents) = put_up.message(&question.text, vectors, &question.right, question.weight);
            let asked = Asked {
                in_scope: !question.right.is_empty(),
                kind: question.kind.clone(),
                text: question.text.clone(),
                documents,
                articles: scene.articles,
            };
            messages.push((at, message, asked));
        }
    }
    if messages.is_empty() {
        bail!("no questions");
    }
    // Each family is judged by a ranker that never saw it.
    let folds = folds(scenes);
    let judge = |fold: &String| -> Result<Vec<Judged>> {
        let is_out = |at: &usize| folds.get(&scenes[*at].family) == Some(fold);
        let kept: Vec<Message> = messages.iter().filter(|(at, _, _)| !is_out(at)).map(|(_, m, _)| m.clone()).collect();
        let ranker = learn(&kept, options).context("no candidates")?;
        let out = messages.iter().filter(|(at, _, _)| is_out(at));
        Ok(out.map(|(at, message, asked)| asked.judge(&ranker, message, &scenes[*at])).collect())
    };
    let names: Vec<&String> = folds.values().collect::<BTreeSet<_>>().into_iter().collect();
    let judged: Vec<Judged> = in_parallel(&names, |name| judge(name))?.into_iter().flatten().collect();
    report(&judged);
    let all: Vec<Message> = messages.into_iter().map(|(_, m, _)| m).collect();
    let ranker = learn(&all, options).context("no candidates")?;
    Ok(curve(&ranker, &judged))
}
