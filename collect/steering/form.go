package steering

import (
	"context"
	"fmt"
	"time"

	"premlp/collect"
	"premlp/collect/dataset"
)

// Form returns the form of a dataset's prompts, for questions to be asked in the
// same, and checks that the dataset was made with this model.
func Form(ctx context.Context, l *collect.Loaded, m dataset.Manifest) (collect.Job, error) {
	digest, err := l.Model.Digest(ctx)
	if err != nil {
		return collect.Job{}, err
	}
	if digest != m.Model.Digest {
		return collect.Job{}, fmt.Errorf("dataset: want one of this model, digest %s, have one of %s, digest %s", digest, m.Model.Name, m.Model.Digest)
	}
	j := collect.Job{System: m.Chat.System, Now: time.Now()}
	if !m.Chat.Used {
		return j, nil
	}
	if j.Chat = l.Chat; j.Chat == nil {
		return j, fmt.Errorf("dataset: its prompts have the chat form, but the model has no chat template")
	}
	if m.Chat.Date != "" {
		if j.Now, err = time.Parse(time.DateOnly, m.Chat.Date); err != nil {
			return j, fmt.Errorf("dataset: manifest: chat.date: want YYYY-MM-DD, have %q", m.Chat.Date)
		}
	}
	return j, nil
}
