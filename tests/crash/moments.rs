//! When a child is killed: by what the server has seen of it or by what it has said, and a little later.

use crate::child::Worker;
use std::time::{Duration, Instant};
use tidemark_simulation::Dice;
use tidemark_tests::fault_proxy::FaultProxy;

/// Of so many kills one falls into the start of the child.
const STARTS: usize = 5;
/// A start takes about so long, in microseconds.
const START: usize = 150_000;

/// A moment of a child's life.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// So many microseconds after its start.
    Start(usize),
    /// So many microseconds after it has gone so many steps.
    Step(usize, usize),
}

/// A moment such that so many kills spread over what is left to do; `late` is the longest time after a step, in
/// microseconds.
pub fn choose(dice: &Dice, left: usize, kills: usize, late: usize) -> Moment {
    if dice.below(STARTS) == 0 {
        return Moment::Start(dice.below(START));
    }
    // On average three quarters of an equal part, so that what is left outlasts the kills.
    let most = if kills < 2 { left / 2 } else { left * 3 / 2 / kills };
    Moment::Step(1 + dice.below(most.max(1)), dice.below(late))
}

/// Waits until a child's requests have come to a moment. None where the child had ended before.
pub async fn by_requests(worker: &mut Worker, proxy: &FaultProxy, moment: Moment) -> Option<()> {
    match moment {
        Moment::Start(late) => busy(late).await,
        Moment::Step(steps, late) => {
            let coming = proxy.comes(steps);
            tokio::select! {
                () = coming => busy(late).await,
                () = until_ended(worker) => return None,
            }
        }
    }
    Some(())
}

/// The same for requests of which each is made after what came of the one before it: the moment falls anywhere between two
/// of them, at so many of a thousand parts of the time that they are apart.
pub async fn between_requests(worker: &mut Worker, proxy: &FaultProxy, moment: Moment) -> Option<()> {
    let Moment::Step(steps, part) = moment else { return by_requests(worker, proxy, moment).await };
    by_requests(worker, proxy, Moment::Step(steps, 0)).await?;
    let began = Instant::now();
    by_requests(worker, proxy, Moment::Step(1, 0)).await?;
    let apart = usize::try_from(began.elapsed().as_micros()).unwrap();
    busy(apart * part / 1_000).await;
    Some(())
}

/// Waits until a child's lines have come to a moment; says them. None where the child had ended before.
pub async fn by_lines(worker: &mut Worker, moment: Moment) -> (Vec<String>, Option<()>) {
    let mut said = Vec::new();
    let (steps, late) = match moment {
        Moment::Start(late) => (0, late),
        Moment::Step(steps, late) => (steps, late),
    };
    while said.len() < steps {
        match worker.line().await {
            Some(line) => said.push(line),
            None => return (said, None),
        }
    }
    busy(late).await;
    (said, Some(()))
}

async fn until_ended(worker: &mut Worker) {
    while worker.line().await.is_some() {}
}

/// Does nothing for so long, more exactly than a timer could; the server goes on meanwhile.
async fn busy(micros: usize) {
    let until = Instant::now() + Duration::from_micros(micros as u64);
    while Instant::now() < until {
        tokio::task::yield_now().await;
    }
}
