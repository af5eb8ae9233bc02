package queue_test

import (
	"testing"

	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/queue/queuetest"
)

func TestMemory(t *testing.T) {
	queuetest.Run(t, func(t *testing.T, o queue.Options) queue.Queue {
		q := queue.NewMemory(o)
		t.Cleanup(func() { q.Close() })
		return q
	})
}
