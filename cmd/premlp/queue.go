package main

import (
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"premlp/collect/jobs/jetstream"
	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/store"
)

// queueFlags say where the queue of units is, and what proves who asks.
type queueFlags struct {
	url      string
	security jetstream.Security
	replicas int // of units that are put; 0: 1
}

func (f *queueFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.url, "nats", "", "the queue: a NATS server with JetStream, as nats://HOST:4222 or tls://HOST:4222, several between commas")
	for _, file := range []struct {
		name, env, help string
		to              *string
	}{
		{"nats-ca", jetstream.EnvCA, "certificates that vouch for the server", &f.security.CA},
		{"nats-cert", jetstream.EnvCert, "this client's certificate", &f.security.Cert},
		{"nats-key", jetstream.EnvKey, "the key of --nats-cert", &f.security.Key},
		{"nats-creds", jetstream.EnvCreds, "NATS credentials", &f.security.Creds},
		{"nats-nkey", jetstream.EnvNKey, "the seed of an nkey", &f.security.NKey},
	} {
		flags.StringVar(file.to, file.name, "", "file of "+file.help+" (default $"+file.env+")")
	}
}

// open connects to the queue. job, if not "", is the only one whose units are taken.
func (f *queueFlags) open(ctx context.Context, job string, note func(line string)) (queue.Queue, error) {
	return jetstream.Open(ctx, f.url, jetstream.Options{Security: f.security.WithEnv(), Job: job, Replicas: f.replicas, Note: note})
}

// addStore adds the --store flag.
func addStore(c *cobra.Command, url *string) {
	c.Flags().StringVar(url, "store", "", "where blocks and files are: a folder that all machines share, file:///PATH, or with bin/premlp-cloud s3://BUCKET, gs://BUCKET, azblob://CONTAINER")
	require(c, "store")
}

// withStore opens a store by store.Open or store.Create, calls run with it and
// closes it.
func withStore(ctx context.Context, url string, open func(context.Context, string) (*store.Store, error), run func(*store.Store) error) error {
	s, err := open(ctx, url)
	if err != nil {
		return err
	}
	defer s.Close()
	return run(s)
}

// logger logs on stderr: lines of text, or JSON with --json or asJSON; with
// --quiet only what went wrong.
func (e *env) logger(asJSON bool) *slog.Logger {
	o := &slog.HandlerOptions{}
	if e.quiet {
		o.Level = slog.LevelWarn
	}
	if asJSON || e.json {
		return slog.New(slog.NewJSONHandler(e.stderr, o))
	}
	return slog.New(slog.NewTextHandler(e.stderr, o))
}
