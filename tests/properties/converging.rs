//! Whatever several people and the weather do: once it is settled both sides are equal, nothing took effect twice or out
//! of order, and the books agree.

use crate::desk::Desk;
use crate::steps::{Step, crowded_step};
use proptest::prelude::*;

fn run(honours_keys: bool, mine: bool, steps: &[Step]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut desk = Desk::open(honours_keys).await;
        for step in steps {
            desk.take_crowded(step).await;
        }
        desk.settle_crowded(mine).await;
        desk.check();
    });
}

proptest! {
    #![proptest_config(crate::cases())]

    // proves A4, A5, C2, C4, D1, D7, D8
    #[test]
    fn several_people_end_with_the_same_on_both_sides(
        honours_keys: bool,
        mine: bool,
        steps in prop::collection::vec(crowded_step(), 1..50),
    ) {
        run(honours_keys, mine, &steps);
    }
}
