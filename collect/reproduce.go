package collect

import (
	"context"
	"errors"
	"fmt"

	"premlp/collect/dataset"
	"premlp/model"
)

// PrepareAgain prepares the job that made a dataset, from its manifest, questions
// and related.json alone: a run of the plan makes the same bytes. Of the options
// it takes the folder, threads, batches and who runs it. That the model is another
// one, or computes in another arithmetic, or that the plan would make another
// dataset is an error which says where. The plan is to be closed.
func PrepareAgain(ctx context.Context, r *dataset.Reader, l *Loaded, o Options) (*Plan, error) {
	m := r.Manifest()
	if err := checkModel(ctx, m, l); err != nil {
		return nil, err
	}
	j, err := storedJob(m, l)
	if err != nil {
		return nil, err
	}
	if len(m.Templates) == 0 {
		if j.Questions, err = storedQuestions(r); err != nil {
			return nil, err
		}
	}
	if m.Related != "" {
		if o.Related, err = dataset.Related(r.Dir()); err != nil {
			return nil, err
		}
	}
	o.Sites, o.Layers, o.DType, o.Seed, o.ShardBytes = nil, m.Layers, m.DType, m.Seed, m.ShardBytes
	for _, s := range m.Sites {
		o.Sites = append(o.Sites, model.Site(s))
	}
	o.FastBF16 = model.IsFastBF16(m.Arithmetic)
	p, err := Prepare(ctx, l, j, o)
	if err != nil {
		return nil, err
	}
	if m.Model.ConfigDigest == "" { // made before manifests stated it
		p.Manifest.Model.ConfigDigest = ""
	}
	if err := p.comparePlan(r); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// storedQuestions are the ready questions that a dataset was made of.
func storedQuestions(r *dataset.Reader) ([]OwnQuestion, error) {
	var questions []OwnQuestion
	for q, err := range r.Questions() {
		if err != nil {
			return nil, err
		}
		questions = append(questions, OwnQuestion{
			Text: q.Text, Concept: q.Concept, Set: q.Set, Type: q.Type, Located: q.Located, Answers: q.Answers,
		})
	}
	return questions, nil
}

// comparePlan says in what the plan would make another dataset than the one there.
func (p *Plan) comparePlan(r *dataset.Reader) error {
	have, want := dataset.Complete(p.Manifest, p.questions), r.Manifest()
	if have.Arithmetic != want.Arithmetic {
		return fmt.Errorf("arithmetic: the rows were computed in %q, this run computes in %q: their bits cannot be compared", want.Arithmetic, have.Arithmetic)
	}
	same := have.QuestionsDigest == want.QuestionsDigest
	have.Questions, have.Rows, have.QuestionsDigest = want.Questions, want.Rows, want.QuestionsDigest // their difference says more
	fields, err := want.Differences(&have)
	if err != nil {
		return err
	}
	if len(fields) > 0 {
		return fmt.Errorf("manifest: %s: want %s, have %s", fields[0].Key, fields[0].A, fields[0].B)
	}
	if same {
		return nil
	}
	for i := range min(p.Len(), r.Len()) {
		made, err := p.Question(i)
		if err != nil {
			return err
		}
		stored, err := r.Question(i)
		if err != nil {
			return err
		}
		if key := firstDifference(*stored, *made); key != "" {
			return fmt.Errorf("question %s: its %s is not what the manifest, tokenizer and chat template make", stored.ID, key)
		}
	}
	return fmt.Errorf("questions: want %d, have %d", r.Len(), p.Len())
}
