//! Bad input through the gateway of a running suite: each refusal has its code, reason and field and speaks both
//! languages, and leaves every table of every database as it was, but for the answers that are kept for a repeat.

mod around;
mod budget;
mod call;
mod caller;
mod cancel;
mod commissioner;
mod credit;
mod csv;
mod identifier;
mod list;
mod money;
mod outage;
mod policy;
mod production;
mod publicity;
mod reference;
mod refusal;
mod register;
mod run;
mod self_use;
mod world;
mod year;
