//! Scenes: FAQs that begin with nothing but their titles, and questions on them, simulated from the domains.

use std::borrow::Cow;

use anyhow::Result;
use nearside_assistant::{common_words, documents, ear, looked_at, small_talk};
use nearside_knowledge::{Article, embedded};
use nearside_nlu::Rng;

use super::SceneVectors;
use super::domains::{Domains, Faq, Intents};

/// A question and the documents that answer it.
#[derive(Clone)]
pub struct Question {
    pub kind: String,
    pub text: String,
    pub right: Vec<usize>,
    pub weight: f32,
}

/// One FAQ.
pub struct Scene {
    pub family: String,
    pub language: String,
    /// How many of the documents are articles; the others are small talk.
    pub articles: usize,
    pub documents: Vec<Article>,
    pub common: Vec<String>,
    pub questions: Vec<Question>,
}

impl Scene {
    /// Whether it is of a FAQ with articles of its own, and not made of a set of intents.
    pub fn is_faq(&self) -> bool {
        ["demo", "faq"].into_iter().any(|place| self.family.starts_with(place))
    }

    /// Vectors of everything, by `encode` of texts that are passages or not.
    pub fn vectors(&self, encode: impl Fn(&[String], bool) -> Result<Vec<Vec<f32>>>) -> Result<SceneVectors> {
        let all: Vec<(bool, String)> = self.texts();
        let of = |passage: bool| all.iter().filter(|(p, _)| *p == passage).map(|(_, t)| t.clone()).collect::<Vec<_>>();
        let (mut phrases, mut passages) = (encode(&of(false), false)?.into_iter(), encode(&of(true), true)?.into_iter());
        let units = all.iter().filter_map(|(passage, _)| if *passage { passages.next() } else { phrases.next() }).collect();
        let asked: Vec<Vec<&str>> = self.questions.iter().map(|q| looked_at(&q.text)).collect();
        let texts: Vec<String> = asked.iter().flatten().map(|part| (*part).to_owned()).collect();
        let mut vectors = encode(&texts, false)?.into_iter();
        let questions = asked.iter().map(|parts| vectors.by_ref().take(parts.len()).collect()).collect();
        Ok(SceneVectors { units, questions })
    }

    /// All texts of the documents that have a vector, and whether they are passages.
    pub fn texts(&self) -> Vec<(bool, String)> {
        self.documents.iter().flat_map(embedded).map(|(field, text)| (!field.is_phrase(), text.into_owned())).collect()
    }
}

/// FAQs that are drawn from one set of intents.
const DRAWS: usize = 4;
/// Utterances of an intent that are asked in one FAQ, and those that are drawn from at all.
const ASKED: usize = 4;
const POOL: usize = 16;
/// The share of all weight that questions out of scope have.
const OUT_OF_SCOPE: f32 = 0.2;

/// What a family counts: real FAQs and the demo have bodies as FAQs have them, which sets of intents have not.
fn weight_of(family: &str) -> f32 {
    match family {
        name if name.starts_with("demo") => 0.3,
        "bitext" => 0.3,
        name if name.starts_with("faq") => 0.6,
        _ => 1.0,
    }
}

pub fn make(domains: &Domains) -> Result<Vec<Scene>> {
    let mut rng = Rng::new(1);
    let mut scenes = Vec::new();
    for intents in &domains.intents {
        for _ in 0..DRAWS {
            scenes.push(drawn(intents, &mut rng));
        }
    }
    for faq in &domains.faqs {
        scenes.push(asked(faq, &mut rng, 0));
        scenes.push(asked(faq, &mut rng, 1));
        scenes.push(asked(faq, &mut rng, 3));
        if faq.family.starts_with("demo") {
            scenes.push(asked(faq, &mut rng, 12));
        }
    }
    for scene in &mut scenes {
        let ear = ear(&scene.language).map_err(anyhow::Error::msg)?;
        scene.questions.iter_mut().for_each(|question| question.text = ear.wish(&question.text));
    }
    balance(&mut scenes);
    Ok(scenes)
}

/// A FAQ from a part of the intents, one utterance each its title; the others are out of scope.
fn drawn(intents: &Intents, rng: &mut Rng) -> Scene {
    let mut names: Vec<&String> = intents.utterances.keys().collect();
    rng.shuffle(&mut names);
    let most = names.len().saturating_sub(2).max(2);
    let inside = (most / 4 + rng.below(most - most / 4) + 1).clamp(2, most);
    let mut articles = Vec::new();
    let mut wordings: Vec<(usize, Cow<'_, str>)> = Vec::new();
    let mut questions = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let all = &intents.utterances[*name];
        let mut pool: Vec<&String> = all.iter().take(POOL).collect();
        rng.shuffle(&mut pool);
        let mut pool = pool.into_iter();
        if number < inside {
            // Titles are short.
            let title = [pool.next(), pool.next()].into_iter().flatten().min_by_key(|t| t.len()).cloned().unwrap_or_default();
            articles.push(Article { id: (*name).clone(), title, ..Article::default() });
            let more = if rng.below(2) == 0 { 0 } else { 1 + rng.below(5) };
            wordings.extend(pool.by_ref().take(more).map(|w| (number, Cow::Borrowed(w.as_str()))));
        }
        let right = if number < inside { vec![number] } else { vec![] };
        let kind = if number < inside { "utterance" } else { "oos" };
        questions.extend(pool.take(ASKED).map(|text| Question {
            kind: kind.into(),
            text: if rng.below(8) == 0 { mistyped(text, rng) } else { text.clone() },
            right: right.clone(),
            weight: 1.0,
        }));
    }
    scene(&intents.family, &intents.language, articles, wordings, questions)
}

/// A FAQ with up to `most` of its wordings kept; what is kept is not asked.
fn asked(faq: &Faq, rng: &mut Rng, most: usize) -> Scene {
    let mut kept = Vec::new();
    let mut questions = Vec::new();
    let mut all: Vec<&(String, String, Vec<String>)> = faq.questions.iter().collect();
    rng.shuffle(&mut all);
    let mut count = vec![0usize; faq.articles.len()];
    for (kind, text, ids) in all {
        let right: Vec<usize> = ids.iter().filter_map(|id| faq.articles.iter().position(|a| a.id == *id)).collect();
        if let ([only], "wording" | "near") = (&right[..], kind.as_str())
            && count[*only] < most
        {
            count[*only] += 1;
            kept.push((*only, Cow::Borrowed(text.as_str())));
            continue;
        }
        questions.push(Question { kind: kind.clone(), text: text.clone(), right, weight: 1.0 });
    }
    scene(&faq.family, &faq.language, faq.articles.clone(), kept, questions)
}

fn scene(family: &str, language: &str, articles: Vec<Article>, wordings: Vec<(usize, Cow<'_, str>)>, questions: Vec<Question>) -> Scene {
    let talk = small_talk(language);
    let talk: Vec<&[String]> = talk.iter().map(Vec::as_slice).collect();
    Scene {
        family: family.to_owned(),
        language: language.to_owned(),
        articles: articles.len(),
        documents: documents(&articles, wordings, &talk),
        common: common_words(language),
        questions,
    }
}

/// Two neighbouring letters of a longer word exchanged, or one left out.
fn mistyped(text: &str, rng: &mut Rng) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let inner: Vec<usize> =
        (1..letters.len().saturating_sub(2)).filter(|&at| letters[at - 1..=at + 1].iter().all(|c| c.is_alphabetic())).collect();
    if let Some(&at) = inner.get(rng.below(inner.len())) {
        if rng.below(2) == 0 {
            letters.swap(at, at + 1);
        } else {
            letters.remove(at);
        }
    }
    letters.into_iter().collect()
}

/// Gives each family its weight, and out-of-scope questions their share of it.
fn balance(scenes: &mut [Scene]) {
    for family in super::families(scenes) {
        let own = |scene: &&mut Scene| scene.family == family;
        let count = |scenes: &mut [Scene], inside: bool| {
            scenes.iter_mut().filter(own).flat_map(|s| &s.questions).filter(|q| q.right.is_empty() != inside).count().max(1) as f32
        };
        let (inside, outside) = (count(scenes, true), count(scenes, false));
        let all = 1000.0 * weight_of(&family);
        for question in scenes.iter_mut().filter(own).flat_map(|s| &mut s.questions) {
            question.weight = if question.right.is_empty() { all * OUT_OF_SCOPE / outside } else { all * (1.0 - OUT_OF_SCOPE) / inside };
        }
    }
}
