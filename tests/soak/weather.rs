//! What goes wrong between the application and its server, and how long.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};
use tidemark_simulation::Dice;
use tidemark_tests::fault_proxy::{Canned, Fault, FaultProxy, Rule};

/// One kind of weather.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Spell {
    Fair,
    Slow,
    LostRequest,
    LostAnswer,
    SilentServer,
    SilenceAfter,
    CutAnswer,
    Garbled,
    ServerError,
    BadGatewayAfter,
    Busy,
    SignedOut,
    LoginPage,
    Refused,
    Suspended,
}

const SPELLS: [(usize, Spell); 15] = [
    (34, Spell::Fair),
    (8, Spell::Slow),
    (5, Spell::LostRequest),
    (6, Spell::LostAnswer),
    (4, Spell::SilentServer),
    (4, Spell::SilenceAfter),
    (5, Spell::CutAnswer),
    (4, Spell::Garbled),
    (6, Spell::ServerError),
    (4, Spell::BadGatewayAfter),
    (6, Spell::Busy),
    (3, Spell::SignedOut),
    (3, Spell::LoginPage),
    (6, Spell::Refused),
    (2, Spell::Suspended),
];

/// How often each kind was.
pub type Told = BTreeMap<String, usize>;

/// Changes the weather every few seconds until the end; fair when it returns.
pub async fn rage(proxy: &FaultProxy, application: u32, seed: u64, until: Instant) -> Told {
    let dice = Dice::new(seed);
    let mut told = Told::new();
    while Instant::now() < until {
        let spell = dice.weighted(&SPELLS);
        *told.entry(format!("{spell:?}")).or_default() += 1;
        begin(proxy, application, spell, &dice).await;
        tokio::time::sleep(Duration::from_millis(dice.between(1_500, 7_000).unsigned_abs())).await;
        end(proxy, application, spell).await;
    }
    told
}

async fn begin(proxy: &FaultProxy, application: u32, spell: Spell, dice: &Dice) {
    let fault = match spell {
        Spell::Fair => return,
        Spell::Slow => Fault::Delay(Duration::from_millis(dice.between(100, 2_000).unsigned_abs())),
        Spell::LostRequest => Fault::DropBefore,
        Spell::LostAnswer => Fault::DropAfter,
        Spell::SilentServer => Fault::SilenceBefore,
        Spell::SilenceAfter => Fault::SilenceAfter,
        Spell::CutAnswer => Fault::Truncate,
        Spell::Garbled => Fault::Garble,
        Spell::ServerError => Fault::status(dice.pick(&[500, 502, 503, 504])),
        Spell::BadGatewayAfter => Fault::SayAfter(Canned::json(502, "{}")),
        Spell::Busy => Fault::status_after(429, dice.between(1, 4).unsigned_abs()),
        Spell::SignedOut => Fault::status(401),
        Spell::LoginPage => Fault::html(),
        Spell::Refused => return proxy.go_offline().await.expect("the port can be closed"),
        Spell::Suspended => return signal(application, "-STOP"),
    };
    // Now and then only few requests meet it, and those around them do not.
    let rule = Rule::always(fault);
    proxy.add(if dice.in_hundred(40) { rule.times(dice.below(4) + 1) } else { rule });
}

async fn end(proxy: &FaultProxy, application: u32, spell: Spell) {
    proxy.clear();
    // The proxy keeps what it saw, bodies and all, and nobody asks it here.
    proxy.forget();
    match spell {
        Spell::Refused => proxy.go_online().await.expect("the port can be opened"),
        Spell::Suspended => signal(application, "-CONT"),
        _ => {}
    }
}

/// As a computer that sleeps: nothing of the process runs meanwhile.
fn signal(application: u32, signal: &str) {
    let done = Command::new("kill").args([signal, &application.to_string()]).status();
    assert!(done.expect("there is a kill").success(), "the application runs");
}
