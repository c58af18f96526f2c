//! The server without sockets: the same requests, faults and answers as over HTTP, by a call.

use crate::faults::{FaultDesk, Faults};
use crate::http::{Closed, Shared, router, serve};
use crate::options::SandboxOptions;
use crate::running::{Sandbox, SandboxError};
use crate::world::World;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;

/// A server in this process; clones share it.
#[derive(Clone)]
pub struct InProcess {
    shared: Arc<Shared>,
    router: TowerToHyperService<Router>,
}

impl Sandbox {
    /// A server that is asked by calls, for simulations; its options' port means nothing.
    pub fn in_process(options: SandboxOptions) -> Result<InProcess, SandboxError> {
        let world = World::open(options.world(), (options.now)())?;
        let faults = FaultDesk::new(options.faults, options.seed);
        let shared = Arc::new(Shared::new(world, faults, options.accounts, options.now, options.switches));
        let router = TowerToHyperService::new(router(Arc::clone(&shared)));
        Ok(InProcess { shared, router })
    }
}

impl InProcess {
    /// Answers one request; an error is a connection that a fault closed. Its effect is known to the world only.
    pub async fn answer(&self, request: Request<Body>) -> Result<Response<Body>, Closed> {
        serve(Arc::clone(&self.shared), self.router.clone(), request).await
    }

    /// Takes these faults in place of all former. Requests that those let wait go on at once.
    pub fn set_faults(&self, faults: Faults) {
        self.shared.set_faults(faults);
    }

    /// Does something with the world itself. No request is served meanwhile.
    pub fn with_world<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(&mut self.shared.world())
    }
}
