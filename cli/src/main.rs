//! `nearside`: the core on a developer's machine.
//!
//! Every failure is one line with file and line where there is one, and exit code 2; nothing is left half written.

mod ask;
mod asked;
mod domain_dir;
#[cfg(feature = "encoder")]
mod encoder;
// Its place taken where the program is built without sentence encoders.
#[cfg(not(feature = "encoder"))]
#[path = "no_encoder.rs"]
mod encoder;
mod eval;
mod eval_parts;
mod http;
mod import;
mod marked;
mod mask;
mod operate;
mod pack;
#[cfg(feature = "encoder")]
mod ranker;
mod replay;
mod site;
mod table;
mod tier;
#[cfg(feature = "encoder")]
mod vectors;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

#[derive(Parser)]
#[command(name = "nearside", version, about = "Customer support that answers at the edge: import, build, ask, evaluate")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Import a firm's own files into a domain folder: tables, documents, pages, exports; again changes only what changed
    #[command(after_help = "Example: nearside import faq.xlsx help-center.json docs/ --into my-shop")]
    Import(import::Asked),
    /// Build and look into packs
    #[command(subcommand)]
    Pack(PackCommand),
    /// Sites, as the edge serves them
    #[command(subcommand)]
    Site(site::SiteCommand),
    /// Ask one question
    #[command(after_help = "Example: nearside ask --pack demo.en.pack \"how do I return my headphones?\"")]
    Ask {
        /// Pack to answer from
        #[arg(long)]
        pack: PathBuf,
        /// The encoder that the pack was built with: its folder, or `small`; default: what `nearside encoder fetch` brought
        #[arg(long)]
        encoder: Option<PathBuf>,
        /// BCP 47 tag used where the question gives no hint of its language
        #[arg(long, default_value = "en")]
        lang: String,
        /// The question
        question: String,
    },
    /// Talk to a pack; one message a line
    Chat {
        /// Pack to answer from
        #[arg(long)]
        pack: PathBuf,
        /// The encoder that the pack was built with
        #[arg(long)]
        encoder: Option<PathBuf>,
    },
    /// Take the turns of a saved conversation again: the same bytes, or the first difference
    #[command(after_help = "Example: nearside replay nearside.json --site dist/blobs/sites/demo.json")]
    Replay {
        /// What the chat's privacy panel saves, or entries as JSON lines
        file: PathBuf,
        /// The manifest of the site, beside its packs
        #[arg(long)]
        site: PathBuf,
    },
    /// Measure
    #[command(subcommand)]
    Eval(EvalCommand),
    /// Classify lines from standard input: label<TAB>confidence, flushed line by line
    #[command(after_help = "Example: echo 'where is my card' | nearside classify --train train.csv")]
    Classify {
        /// Table with text and label
        #[arg(long)]
        train: PathBuf,
        /// Label of rows that belong to no intent; also printed for messages that are refused
        #[arg(long)]
        oos_label: Option<String>,
        #[command(flatten)]
        choice: tier::Choice,
    },
    /// Sentence encoders
    #[cfg(feature = "encoder")]
    #[command(subcommand)]
    Encoder(encoder::EncoderCommand),
    /// The universal ranker
    #[cfg(feature = "encoder")]
    #[command(subcommand)]
    Ranker(ranker::RankerCommand),
    /// Word vectors of a language
    #[cfg(feature = "encoder")]
    #[command(subcommand)]
    Vectors(vectors::VectorsCommand),
    /// Mask personal data in lines from standard input: the masked line, a tab, the spans as JSON
    #[command(after_help = "Example: echo 'call me on +49 170 1234567' | nearside mask")]
    Mask {
        /// Keep a value's placeholder over all lines
        #[arg(long)]
        conversation: bool,
    },
    /// The rights of one person, on a running edge
    #[command(
        subcommand,
        after_help = "Example: nearside subject erase --edge https://help.example --site demo --subject 4711 --reason 'art. 17 request'"
    )]
    Subject(operate::SubjectCommand),
    /// Legal holds
    #[command(subcommand)]
    Hold(operate::HoldCommand),
    /// A site's sealing keys
    #[command(subcommand)]
    Keys(operate::KeysCommand),
    /// Delete what is past its time; for a daily timer where the platform has none
    Retention {
        #[command(flatten)]
        who: operate::Who,
    },
    /// The audit log
    #[command(subcommand, after_help = "Example: nearside audit verify --edge https://help.example --site demo --kept 3f5a…")]
    Audit(operate::AuditCommand),
    /// Print a shell completion script
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
}

#[derive(Subcommand)]
enum PackCommand {
    /// Build the pack of one language from a domain folder
    #[command(after_help = "Example: nearside pack build demo/shop --lang zh -o shop.zh.pack")]
    Build {
        /// The domain folder
        domain: PathBuf,
        /// The pack to write
        #[arg(short, long)]
        output: PathBuf,
        /// Language; default: the domain's default language
        #[arg(long)]
        lang: Option<String>,
        /// Table of more wordings (text, article id), trained on but not stored
        #[arg(long)]
        wordings: Option<PathBuf>,
        #[command(flatten)]
        choice: tier::Choice,
    },
    /// Show what a pack holds and where its bytes go
    Show {
        /// The pack
        file: PathBuf,
    },
}

#[derive(Subcommand)]
enum EvalCommand {
    /// Train on one table and test on another
    #[command(after_help = "Example: nearside eval intents --train train.csv --test test.csv --oos-label oos --json")]
    Intents {
        /// Table with text and label
        #[arg(long)]
        train: PathBuf,
        /// Table with text and label
        #[arg(long)]
        test: PathBuf,
        /// Label of rows that belong to no intent
        #[arg(long)]
        oos_label: Option<String>,
        /// Train on this many examples of each label only
        #[arg(long)]
        shots: Option<usize>,
        /// Which ones
        #[arg(long, default_value_t = 1, requires = "shots")]
        seed: u64,
        #[command(flatten)]
        choice: tier::Choice,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Texts with any number of labels each
    #[command(after_help = "Example: nearside eval labels --folds banking/fold*.json --json")]
    Labels {
        /// CSV with text and labels (a|b), or JSON objects with text and intents
        #[arg(long, num_args = 1.., required_unless_present = "folds")]
        train: Vec<PathBuf>,
        /// The same
        #[arg(long, num_args = 1.., required_unless_present = "folds")]
        test: Vec<PathBuf>,
        /// Train on each of these alone and test on all others; means are printed
        #[arg(long, num_args = 2.., conflicts_with_all = ["train", "test"])]
        folds: Vec<PathBuf>,
        /// Draw each label's line where this share of held-out texts without it lies above; default: where F1 is highest
        #[arg(long)]
        false_alarms: Option<f32>,
        /// An encoder's folder, or small: its vectors are read beside the n-grams; default: none are
        #[arg(long)]
        encoder: Option<PathBuf>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Slots learned from marked examples
    #[command(after_help = "Example: nearside eval slots --train de.valid.conll --test de.test.conll")]
    Slots {
        /// CoNLL with number, token, intent, tag; or CSV with utterance, intent, entity_type, entity_value and two offsets
        #[arg(long)]
        train: PathBuf,
        /// The same
        #[arg(long)]
        test: PathBuf,
        /// An encoder's folder, or small: its vectors are read beside the n-grams; default: none are
        #[arg(long)]
        encoder: Option<PathBuf>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Build from a table of articles and ask a table of questions
    #[command(after_help = "Example: nearside eval faq --articles a.csv --queries q.csv --wordings w.csv")]
    Faq {
        /// Table with id, question, answer
        #[arg(long)]
        articles: PathBuf,
        /// Table with query and id of the right article (empty: out of scope); or with a kind before them
        #[arg(long)]
        queries: PathBuf,
        /// Language of the articles; default: what their words show
        #[arg(long)]
        lang: Option<String>,
        /// Table with other wordings and ids
        #[arg(long)]
        wordings: Option<PathBuf>,
        #[command(flatten)]
        choice: tier::Choice,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Ask a domain's golden questions
    Golden {
        /// The domain folder
        domain: PathBuf,
        /// Language; default: the domain's default language
        #[arg(long)]
        lang: Option<String>,
        /// Other questions than the domain's own: table with kind, question, article
        #[arg(long)]
        questions: Option<PathBuf>,
        #[command(flatten)]
        choice: tier::Choice,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    sigpipe::reset();
    // WASI starts every program at its root; where it was called is in PWD.
    #[cfg(target_family = "wasm")]
    if let Some(folder) = std::env::var_os("PWD") {
        // A folder that is not there fails by name with the first file of it.
        let _ = std::env::set_current_dir(folder);
    }
    let done = match Cli::parse().command {
        Command::Import(asked) => import::run(&asked),
        Command::Pack(PackCommand::Build { domain, output, lang, wordings, choice }) => {
            pack::build(&domain, &output, lang, wordings.as_deref(), &choice)
        }
        Command::Pack(PackCommand::Show { file }) => pack::show(&file),
        Command::Site(command) => site::run(command),
        Command::Ask { pack, encoder, lang, question } => ask::ask(&pack, encoder.as_deref(), &lang, &question),
        Command::Replay { file, site } => replay::run(&file, &site),
        Command::Chat { pack, encoder } => ask::chat(&pack, encoder.as_deref()),
        Command::Eval(EvalCommand::Intents { train, test, oos_label, shots, seed, choice, json }) => {
            let tables = eval::Tables { train: &train, test: &test, oos_label: oos_label.as_deref(), shots, seed };
            eval::intents(&tables, &choice, json)
        }
        Command::Eval(EvalCommand::Faq { articles, queries, lang, wordings, choice, json }) => {
            let (wordings, language) = (wordings.as_deref(), lang.as_deref());
            eval::faq(&eval::Faq { articles: &articles, queries: &queries, wordings, language }, &choice, json)
        }
        Command::Eval(EvalCommand::Labels { train, test, folds, false_alarms, encoder, json }) => {
            eval_parts::labels(&eval_parts::Rows { train: &train, test: &test, folds: &folds }, false_alarms, encoder.as_deref(), json)
        }
        Command::Eval(EvalCommand::Slots { train, test, encoder, json }) => eval_parts::slots(&train, &test, encoder.as_deref(), json),
        Command::Eval(EvalCommand::Golden { domain, lang, questions, choice, json }) => {
            eval::golden(&domain, lang.as_deref(), questions.as_deref(), &choice, json)
        }
        Command::Classify { train, oos_label, choice } => eval::classify(&train, oos_label.as_deref(), &choice),
        #[cfg(feature = "encoder")]
        Command::Ranker(command) => ranker::run(command),
        #[cfg(feature = "encoder")]
        Command::Encoder(command) => encoder::run(command),
        #[cfg(feature = "encoder")]
        Command::Vectors(command) => vectors::run(command),
        Command::Mask { conversation } => mask::lines(conversation),
        Command::Subject(command) => operate::subject(command),
        Command::Hold(command) => operate::hold(command),
        Command::Keys(command) => operate::keys(command),
        Command::Retention { who } => operate::retention(&who),
        Command::Audit(command) => operate::audit(command),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "nearside", &mut std::io::stdout());
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // A reader that has seen enough (`nearside … | head`) is no failure.
        Err(error) if error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe) => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("nearside: {error:#}");
            ExitCode::from(2)
        }
    }
}
