"""The hotline: for now what citizens report is taken in with a code and shown to officers; the workflow comes later."""
