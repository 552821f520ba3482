//! An in-memory Agent on Demand server on loopback.
