//! Canopy.
