// Package walk goes through one forward pass op by op: it stops at sites, layers
// and conditions, shows values, compares them with another run's, changes them and
// goes on. Its commands are lines of text, so that a screen, a prompt and a script
// do the same: what a script printed once it prints again, but for times.
package walk
