//! Whatever is refused, lost, restored and put in the trash: transactions do what a naive interpreter makes of them, and
//! keep their promises at every step.

mod desk;
mod kept;
mod promises;
mod reference;
mod steps;

use desk::{Desk, Server};
use proptest::prelude::*;
use steps::{Step, step};

fn run(server: Server, restoring: bool, steps: &[Step]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut desk = Desk::open(server).await;
        for step in steps {
            desk.take(step).await;
        }
        desk.settle(restoring).await;
        desk.check();
    });
}

proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 32, ..crate::cases() })]

    // proves B1, B2, B3, B4, B6, B7
    #[test]
    fn transactions_do_what_a_naive_interpreter_makes_of_them(
        honours_keys: bool,
        takes_batches: bool,
        restoring: bool,
        steps in prop::collection::vec(step(), 1..25),
    ) {
        run(Server { honours_keys, takes_batches }, restoring, &steps);
    }
}
