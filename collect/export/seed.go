package export

import (
	"archive/zip"
	"io"
	"strconv"

	"premlp/collect/dataset"
)

// torchStorages are PyTorch's names of the storages.
var torchStorages = map[dataset.DType]string{
	dataset.F32: "FloatStorage", dataset.F16: "HalfStorage", dataset.BF16: "BFloat16Storage",
}

// writeSeed writes the records as torch.save would, so that
// torch.load(weights_only=True) opens them: a zip archive, nothing compressed,
// with
//
//	concept_dataset/data.pkl     the values but for the tensors' data
//	concept_dataset/byteorder    "little"
//	concept_dataset/data/K       the storage of layer K of those stored: raw [rows, D]
//	concept_dataset/version      "3"
//
// The pickle is a dict: target_activations and control_activations, lists of
// records, question by question and in each layer by layer; questions, the
// texts; concepts, the target first. A record is a dict of question (its text),
// layer, activations (a tensor [n, D] that looks into the layer's storage) and
// is_target_concept.
func (s *source) writeSeed(name string) error {
	return newFile(name, func(w io.Writer) error {
		a := &torchArchive{out: &counter{w: w}}
		a.zip = zip.NewWriter(a.out)
		if err := a.add("data.pkl", s.pickle); err != nil {
			return err
		}
		if err := a.add("byteorder", text("little")); err != nil {
			return err
		}
		for k, layer := range s.m.Layers {
			values := s.stored(s.sites[0], layer)
			err := a.add("data/"+strconv.Itoa(k), func(w io.Writer) error { return copyPieces(w, values) })
			if err != nil {
				return err
			}
		}
		if err := a.add("version", text("3\n")); err != nil {
			return err
		}
		return a.zip.Close()
	})
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// pickle writes data.pkl.
func (s *source) pickle(w io.Writer) error {
	p := newPickler(w)
	p.op(opEmptyDict)
	r := s.newRecords(p)
	for _, list := range []struct{ key, set string }{
		{"target_activations", dataset.Target}, {"control_activations", dataset.Control},
	} {
		p.text(list.key)
		p.op(opEmptyList)
		if err := r.addSet(list.set); err != nil {
			return err
		}
		p.op(opSetItem)
	}
	p.text("questions")
	p.op(opEmptyList)
	for q, err := range s.questions() {
		if err != nil {
			return err
		}
		p.text(q.Text)
		p.op(opAppend)
	}
	p.op(opSetItem)
	p.text("concepts")
	p.op(opEmptyList)
	for _, concept := range s.concepts {
		p.text(concept)
		p.op(opAppend)
	}
	p.op(opSetItem)
	return p.flush()
}

// records pickles the records. What many of them hold is written once and
// recalled.
type records struct {
	*source
	p        *pickler
	known    map[string]uint32 // texts and functions
	storages map[int]uint32    // per stored layer
	question uint32            // the slot of the question's text
}

func (s *source) newRecords(p *pickler) *records {
	return &records{source: s, p: p, known: map[string]uint32{}, storages: map[int]uint32{}, question: p.slot()}
}

// addSet appends the records of a set to the list on top.
func (r *records) addSet(set string) error {
	first := int64(0) // the question's first row in every storage
	for q, err := range r.questions() {
		if err != nil {
			return err
		}
		for k := range r.m.Layers {
			if q.Set == set {
				r.add(q, k, first)
			}
		}
		first += int64(len(q.Rows))
	}
	return nil
}

// add appends the record of a question at stored layer k.
func (r *records) add(q *dataset.Question, k int, first int64) {
	p := r.p
	p.op(opEmptyDict, opMark)
	r.once("question")
	if k == 0 {
		p.text(q.Text)
		p.put(r.question)
	} else {
		p.get(r.question)
	}
	r.once("layer")
	p.int(int64(r.m.Layers[k]))
	r.once("activations")
	r.tensor(k, first, int64(len(q.Rows)))
	r.once("is_target_concept")
	p.bool(q.Set == dataset.Target)
	p.op(opSetItems, opAppend)
}

// tensor writes what makes a tensor [n, D] of the storage's rows from first:
// torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad,
// backward hooks).
func (r *records) tensor(k int, first, n int64) {
	p, d := r.p, int64(r.m.Dim)
	r.function("torch._utils", "_rebuild_tensor_v2")
	p.op(opMark)
	r.storage(k)
	p.int(first * d)
	p.int(n)
	p.int(d)
	p.op(opTuple2)
	p.int(d)
	p.int(1)
	p.op(opTuple2)
	p.bool(false)
	// Every tensor has hooks of its own: a shared dict would share them.
	r.function("collections", "OrderedDict")
	p.op(opEmptyTuple, opReduce)
	p.op(opTuple, opReduce)
}

// storage writes the name of stored layer k's data:
// ("storage", type, file, device, number of values).
func (r *records) storage(k int) {
	p := r.p
	if slot, ok := r.storages[k]; ok {
		p.get(slot)
		return
	}
	p.op(opMark)
	p.text("storage")
	r.function("torch", torchStorages[r.m.DType])
	p.text(strconv.Itoa(k))
	p.text("cpu")
	p.int(r.m.Rows * int64(r.m.Dim))
	p.op(opTuple, opPersistent)
	r.storages[k] = p.slot()
	p.put(r.storages[k])
}

// once writes a text, the second time by recalling it.
func (r *records) once(s string) { r.remembered(s, func() { r.p.text(s) }) }

// function writes a function or class, the second time by recalling it.
func (r *records) function(module, name string) {
	r.remembered(module+"\n"+name, func() { r.p.global(module, name) })
}

func (r *records) remembered(key string, write func()) {
	if slot, ok := r.known[key]; ok {
		r.p.get(slot)
		return
	}
	write()
	r.known[key] = r.p.slot()
	r.p.put(r.known[key])
}
