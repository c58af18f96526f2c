//! However edits are combined, delayed, lost and repeated: in the end the server has what each edit, applied one by
//! one, would have made of it.

use crate::desk::Desk;
use crate::steps::{Step, step};
use proptest::prelude::*;

fn run(honours_keys: bool, steps: &[Step]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut desk = Desk::open(honours_keys).await;
        for step in steps {
            desk.take(step).await;
        }
        desk.settle().await;
        desk.check();
    });
}

proptest! {
    #![proptest_config(crate::cases())]

    // proves A3, A4, A5, A8
    #[test]
    fn the_combined_queue_has_the_effect_of_the_edits_one_by_one(
        honours_keys: bool,
        steps in prop::collection::vec(step(), 1..40),
    ) {
        run(honours_keys, &steps);
    }
}
