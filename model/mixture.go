package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// experts reads the sizes of a mixture: how many there are, under either name,
// how many are chosen, and the width of one.
func (c *Config) experts(k *keys, count, hidden string) {
	c.Experts = k.integerOr("num_local_experts", 0, 1, maxExperts)
	if count != "num_local_experts" {
		c.Experts = k.integerOr(count, c.Experts, 1, maxExperts)
	}
	if c.Experts == 0 {
		k.fail(count, "the number of experts")
		c.Experts = 1
	}
	c.ExpertsChosen = k.integer("num_experts_per_tok", 1, c.Experts)
	c.ExpertHidden = c.Hidden
	if hidden != "" {
		c.ExpertHidden = k.integer(hidden, 1, maxWidth*8)
	}
	k.ignore("output_router_logits", "router_aux_loss_coef", "router_jitter_noise") // training
}

// mixture describes the config's experts: gated MLPs with tensors of their own
// under Llama's names, routed by "gate".
func (c *Config) mixture(route layers.Route) layers.Experts {
	return layers.Experts{
		Count: c.Experts, Chosen: c.ExpertsChosen, Hidden: c.ExpertHidden, Router: "gate", Route: route,
		Activate: layers.GatedExpert{Activation: c.Activation}, Store: layers.NamedExperts("gate_proj", "up_proj", "down_proj"),
	}
}

// mixtureMLP is a mixture as the module "mlp".
func mixtureMLP(route func(c *Config) layers.Route) mlpOf {
	return func(s layers.Scope, c *Config, x *gorgonia.Node, _ blockOf) *gorgonia.Node {
		return layers.Mixture(s.Sub("mlp"), x, c.mixture(route(c)))
	}
}

// groupRoute reads the choice of experts that are in groups.
func (c *Config) groupRoute(k *keys) layers.GroupRoute {
	groups := k.integerOr("n_group", 8, 1, c.Experts)
	if c.Experts%groups != 0 {
		k.fail("n_group", "a divisor of n_routed_experts %d", c.Experts)
	}
	chosen := k.integerOr("topk_group", 4, 1, groups)
	if within := chosen * (c.Experts / groups); c.ExpertsChosen > within {
		k.fail("num_experts_per_tok", "at most the %d experts of %d groups", within, chosen)
	}
	return layers.GroupRoute{
		Chosen: c.ExpertsChosen, Groups: groups, GroupsChosen: chosen,
		Normalise: k.flag("norm_topk_prob", true), Factor: float32(k.float("routed_scaling_factor", 2.5, 0)),
	}
}
