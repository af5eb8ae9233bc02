package main

import (
	"github.com/spf13/cobra"
)

// newRoot builds the command tree from the table in commands.go.
func newRoot(e *env) *cobra.Command {
	root := &cobra.Command{
		Use:   "premlp COMMAND",
		Short: "Find concept directions at the input of a language model's MLP layers",
		Long: `Premlp makes the dataset (related concepts, questions, activations of the tokens
after the concept at every layer), checks it, and extracts, tests and shows the
directions. The model runs inside this program.

Exit status: 0 done, 1 failed run or check, 2 wrong usage, 130 interrupted.`,
		Example: `  premlp pull smollm2-135m
  premlp collect --model smollm2-135m --concept France -o out/france
  premlp verify out/france`,
		DisableFlagsInUseLine: true,

		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          needsSubcommand,
	}
	root.SetIn(e.stdin)
	root.SetOut(e.stdout)
	root.SetErr(e.stderr)
	root.PersistentFlags().BoolVar(&e.json, "json", false, "print one JSON document on stdout")
	root.PersistentFlags().BoolVar(&e.quiet, "quiet", false, "no progress and no notes on stderr")
	e.pprof.add(root)
	addGroups(root)
	for _, row := range commands {
		c := row.new(e)
		c.GroupID = row.group
		root.AddCommand(c)
	}
	root.SetHelpCommand(newHelp(root))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if !c.Runnable() { // cobra's own completion: it shows help and ends with 0
			c.RunE = needsSubcommand
		}
	}
	markStarted(e, root)
	return root
}

// addGroups adds the headings that have a command under them.
func addGroups(root *cobra.Command) {
	used := map[string]bool{"about": true}
	for _, row := range commands {
		used[row.group] = true
	}
	for _, g := range groups {
		if used[g.id] {
			root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		}
	}
	root.SetCompletionCommandGroupID("about")
}

// markStarted makes every command note that its own code has begun: an error
// before that moment came from the command line, so it is wrong usage.
func markStarted(e *env, c *cobra.Command) {
	if body := c.RunE; body != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			e.started = true
			return e.pprof.around(func() error { return body(c, args) })
		}
	}
	for _, sub := range c.Commands() {
		markStarted(e, sub)
	}
}

// needsSubcommand is the RunE of a command that only groups others.
func needsSubcommand(*cobra.Command, []string) error {
	return usagef("command: want one, have none")
}

// newHelp replaces cobra's help command, which ends with 0 for a topic it
// does not know.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		GroupID: "about",
		Short:   "Show the help of a command",
		Long:    "Help shows the help of premlp or of one of its commands.",
		Example: `  premlp help collect
  premlp collect --help`,
		RunE: func(_ *cobra.Command, args []string) error {
			topic, rest, err := root.Find(args)
			if err != nil {
				return usageError{err}
			}
			if len(rest) > 0 {
				return usagef("unknown command %q for %q", rest[0], topic.CommandPath())
			}
			topic.InitDefaultHelpFlag()
			return topic.Help()
		},
	}
}
