//! Starting and stopping a platform: folders, rooms, threads, the listener.
//!
//! [`start`] returns once everything runs and the listener answers; [`Running::stop`] ends it in the order that loses
//! nothing: intake first, then the pipeline, then the listener, then the ledger.

use super::desk::{self, OPERATOR_MS};
use super::detect::{self, Engine, Inspector};
use super::enrich::geo::Geo;
use super::http::live::Hub;
use super::http::{Caller, GateRoute, Limits, Routes, Tokens};
use super::incident::Incidents;
use super::ingest::{self, Intake, Watch};
use super::ledger::Ledger;
use super::pipeline::{Pipeline, Work};
use super::policy::Policy;
use super::respond::enforcer::gate;
use super::respond::enforcer::nftables::Nftables;
use super::respond::{Enforcer, Gate, Responder, Surroundings, respond_parts};
use super::store::Store;
use super::{Platform, drill_loop, keeper, wiring};
use crate::api::{Problem, ProblemKind, Role, Timestamp};
use crate::config;
use ipnet::IpNet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::thread::JoinHandle;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
