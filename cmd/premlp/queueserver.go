package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"premlp/collect/jobs/jetstream"
)

func newQueueServer(e *env) *cobra.Command {
	var o jetstream.ServerOptions
	c := &cobra.Command{
		Use:   "queue-server DIR",
		Short: "Keep the queue of jobs for workers on this machine or on many",
		Long: `Queue-server is a NATS server in this program: it keeps the queue of jobs in the
folder DIR and runs until it is interrupted. Stopped or killed, it goes on from
there when it is started again.

Workers must prove who they are. On this machine they do so with the key that
the server makes, DIR/client.nk. A server that other machines reach needs a
certificate: --cert and --key, or --make-cert with the names of this machine, which
makes one, DIR/server.pem, that workers take for their CA. With --keys it lets in
those whose public keys stand in that file (see premlp queue-key), with --ca those
who have a certificate that it vouches for.

For a cluster of servers, run NATS servers of your own: docs/scaling-out.md.`,
		Example: `  premlp queue-server queue
  premlp queue-server queue --listen 0.0.0.0:4222 --make-cert "$(hostname)"
  premlp queue-server queue --listen 0.0.0.0:4222 --cert server.pem --key server.key --keys workers.txt`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return runQueueServer(c.Context(), e, args[0], o) },
	}
	c.Flags().StringVar(&o.Listen, "listen", "127.0.0.1:4222", "HOST:PORT to listen on; port 0 takes a free one")
	c.Flags().StringVar(&o.Cert, "cert", "", "PEM file of the server's certificate")
	c.Flags().StringVar(&o.Key, "key", "", "PEM file of the certificate's key")
	c.Flags().StringSliceVar(&o.Names, "make-cert", nil, "names and addresses of this machine to make a certificate for, in DIR")
	c.MarkFlagsMutuallyExclusive("cert", "make-cert")
	c.Flags().StringVar(&o.CA, "ca", "", "PEM file of the CA that vouches for clients' certificates")
	c.Flags().StringVar(&o.Keys, "keys", "", "file of clients' public keys, one a line")
	return c
}

// queueServerDocument is what --json prints once the server is up.
type queueServerDocument struct {
	URL  string `json:"url"`
	NKey string `json:"nkey,omitempty"` // the file of the clients' key
	Cert string `json:"cert,omitempty"` // the file of the certificate that was made
}

func runQueueServer(ctx context.Context, e *env, dir string, o jetstream.ServerOptions) error {
	o.Note = func(line string) { e.Notef("%s", line) }
	s, err := jetstream.Serve(ctx, dir, o)
	if err != nil {
		return err
	}
	defer s.Close()
	err = e.Result(queueServerDocument{URL: s.URL(), NKey: s.NKey(), Cert: s.Cert()}, func(w io.Writer) {
		fmt.Fprintf(w, "serving %s\n", s.URL())
		if s.NKey() != "" {
			fmt.Fprintf(w, "key of workers: %s\n", s.NKey())
		}
		if s.Cert() != "" {
			fmt.Fprintf(w, "certificate, the CA of workers: %s\n", s.Cert())
		}
	})
	if err != nil {
		return err
	}
	<-ctx.Done() // as it is meant to end
	return nil
}

func newQueueKey(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "queue-key FILE",
		Short: "Make a key with which workers prove themselves to a queue server",
		Long: `Queue-key writes a new secret key to FILE, which must not exist and which only you
can read, and prints its public key. The public key goes into the server's --keys,
the file to the workers.`,
		Example: `  premlp queue-key worker.nk >> workers.txt`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			public, err := jetstream.NewKey(args[0])
			if err != nil {
				return err
			}
			document := struct {
				Public string `json:"public"`
				NKey   string `json:"nkey"`
			}{public, args[0]}
			return e.Result(document, func(w io.Writer) { fmt.Fprintln(w, public) })
		},
	}
}
