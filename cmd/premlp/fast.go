package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"premlp/layers"
	"premlp/model"
)

// addFast adds the --fast-bf16 flag.
func addFast(c *cobra.Command, fast *bool) {
	c.Flags().BoolVar(fast, "fast-bf16", false, "lossy: round both factors of products with weights to bf16; needs AVX512-BF16")
}

// checkFast refuses --fast-bf16 where the processor lacks it.
func checkFast(fast bool) error {
	if !fast {
		return nil
	}
	if err := layers.CheckFastBF16(); err != nil {
		return fmt.Errorf("--fast-bf16: %w", err)
	}
	return nil
}

// noteFast prints what the lossy arithmetic costs.
func (e *env) noteFast(sites []model.SiteError) {
	for _, s := range sites {
		e.Notef("--fast-bf16: on the first prompt the worst row of %s is off by %.2g of its largest value", s.Site, s.Share)
	}
}
