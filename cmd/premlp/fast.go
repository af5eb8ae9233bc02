package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"premlp/layers"
	"premlp/model"
)

// fastFlags are the lossy arithmetics of commands that have --device.
type fastFlags struct{ bf16, tf32 bool }

func (f *fastFlags) add(c *cobra.Command) {
	addFast(c, &f.bf16)
	c.Flags().Lookup("fast-bf16").Usage += ", or a device of compute capability 8.0"
	c.Flags().BoolVar(&f.tf32, "fast-tf32", false, "lossy, on a device: round both factors of products with weights to tf32; needs compute capability 8.0")
	c.MarkFlagsMutuallyExclusive("fast-bf16", "fast-tf32")
}

func (f fastFlags) any() bool { return f.bf16 || f.tf32 }

// flag is the one that was given.
func (f fastFlags) flag() string {
	if f.tf32 {
		return "--fast-tf32"
	}
	return "--fast-bf16"
}

// check refuses what the device, or the processor, lacks.
func (f fastFlags) check(device layers.Device) error {
	if f.bf16 && device == nil {
		return checkFast(true)
	}
	if !f.any() {
		return nil
	}
	if err := layers.CheckFastDevice(device); err != nil {
		return fmt.Errorf("%s: %w", f.flag(), err)
	}
	return nil
}

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
func (e *env) noteFast(f fastFlags, sites []model.SiteError) {
	for _, s := range sites {
		e.Notef("%s: on the first prompt the worst row of %s is off by %.2g of its largest value", f.flag(), s.Site, s.Share)
	}
}

// noteProducts prints what computes lossy products on a device.
func (e *env) noteProducts(products string) {
	switch {
	case strings.HasPrefix(products, "cuBLAS"):
		e.Notef("products: %s; a row's bits may depend on its batch, those of premlp's own kernels (PREMLP_CUBLAS=off) do not", products)
	case products != "":
		e.Notef("products: %s", products)
	}
}
