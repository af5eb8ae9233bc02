package dataset

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// syncEvery is how many bytes may lie unsynced in a rows file.
const syncEvery = 64 << 20

// Block is the activations of one question at one site.
type Block struct {
	Data  []float32 // [layers, n, D], layers as in the manifest, n the question's rows
	Stats []float32 // [layers, n, StatsPerRow]; empty where the site has none
}

// Writer writes a dataset, question by question. It holds two questions' bytes
// at a time, and the questions that were asked for and not yet added. Only
// Question is safe for concurrent use.
//
// Everything goes into DIR.partial. What was added survives the end of the
// process, however it comes; the files are synced every 64 MiB, when a rows
// file is complete and in Finish, so that a loss of power costs at most what
// was added since. Resume finds the last whole frame by its checksum.
type Writer struct {
	dir, partial string
	*prepared
	disk disk
	lock *lock

	questions *questionFile
	asking    sync.Mutex        // of asked
	asked     map[int]*Question // by Question, until they are added
	free      chan []byte       // the memory of two frames

	next     int // question to be added
	file     rowsFile
	crcs     []uint32 // of the frames of the current file
	unsynced int64
	dropped  int64
	err      error // of a write that went wrong: the file may end in half a frame
}

// Create begins a dataset that will be the folder dir, missing parents
// included. Format, Version, Questions, Rows and QuestionsDigest of the
// manifest are filled in. It is an error, ErrExists, if dir or an unfinished
// dir.partial is there, and ErrLocked if another run works on it. The questions
// are walked over once more and written.
func Create(dir string, m Manifest, questions *List) (*Writer, error) {
	return create(dir, m, questions, osDisk{})
}

func create(dir string, m Manifest, questions *List, d disk) (_ *Writer, err error) {
	w, err := newWriter(dir, m, questions, d)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(w.dir), 0o755); err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	if err := w.takeLock(); err != nil {
		return nil, err
	}
	if err := os.Mkdir(w.partial, 0o755); err != nil {
		w.lock.release()
		if errors.Is(err, os.ErrExist) {
			return nil, fmt.Errorf("dataset: %s: unfinished dataset %w: resume it, or remove it to begin anew", w.partial, ErrExists)
		}
		return nil, fmt.Errorf("dataset: %w", err)
	}
	if err := w.begin(); err != nil {
		w.closeQuestions()
		_ = os.RemoveAll(w.partial) // ours, and nothing computed is in it
		w.lock.release()
		return nil, err
	}
	return w, nil
}

func newWriter(dir string, m Manifest, questions *List, d disk) (*Writer, error) {
	p, err := prepare(m, questions)
	if err != nil {
		return nil, err
	}
	dir = filepath.Clean(dir)
	w := &Writer{dir: dir, partial: dir + ".partial", prepared: p, disk: d, asked: map[int]*Question{}, free: make(chan []byte, 2)}
	w.free <- nil
	w.free <- nil
	return w, nil
}

// takeLock locks the unfinished folder and makes sure the finished one is not there.
func (w *Writer) takeLock() error {
	l, err := takeLock(w.partial + ".lock")
	if err != nil {
		return err
	}
	if _, err := os.Lstat(w.dir); err == nil || !errors.Is(err, os.ErrNotExist) {
		l.release()
		if err != nil {
			return fmt.Errorf("dataset: %w", err)
		}
		return fmt.Errorf("dataset: %s: %w", w.dir, ErrExists)
	}
	w.lock = l
	return nil
}

// Add writes question index's activations: for every site of the manifest one
// block. Questions are added in order, each once. Values that are not finite,
// or not in the dataset's dtype, are refused, and nothing is written then.
func (w *Writer) Add(index int, blocks map[string]Block) error {
	return w.AddAll(index, []map[string]Block{blocks})
}

// AddAll adds questions from index on, one for each of blocks, as Add does. Each
// is encoded while the one before it is written. After an error those before the
// one it names are added.
func (w *Writer) AddAll(index int, blocks []map[string]Block) error {
	return w.addEach(index, len(blocks), func(b []byte, i int, q *Question) ([]byte, error) {
		return w.plan.encode(b, i, q.Rows, blocks[i-index])
	})
}

// addEach adds count questions from index on.
func (w *Writer) addEach(index, count int, encode encoder) error {
	if w.err != nil {
		return w.err
	}
	if w.lock == nil {
		return fmt.Errorf("dataset: add: %w", ErrClosed)
	}
	if n := w.plan.list.Len(); index != w.next || index+count > n {
		return fmt.Errorf("dataset: add: want question %d of %d, have %d to %d", w.next, n, index, index+count-1)
	}
	questions := make([]*Question, count)
	for i := range questions {
		var err error
		if questions[i], err = w.Question(index + i); err != nil {
			return err
		}
	}
	stop := make(chan struct{})
	defer close(stop)
	for f := range w.encodeAll(index, questions, encode, stop) {
		if f.err != nil {
			return fmt.Errorf("dataset: question %q: %w", f.id, f.err)
		}
		if err := w.write(f); err != nil {
			w.err = fmt.Errorf("dataset: %s: question %q: %w; %s holds %d of %d questions and can be resumed",
				shardName(f.place.shard), f.id, err, w.partial, w.next, w.plan.list.Len())
			return w.err
		}
		w.forget(f.index)
	}
	return nil
}

// write appends a frame to its file, opening the file before its first frame
// and completing it after its last.
func (w *Writer) write(f frame) error {
	if w.file == nil {
		file, err := w.disk.open(filepath.Join(w.partial, shardName(f.place.shard)), os.O_WRONLY|os.O_CREATE|os.O_EXCL)
		if err != nil {
			return err
		}
		w.file = file
		if err := errors.Join(w.append([]byte(startMagic)), w.sync(w.partial)); err != nil {
			return err
		}
	}
	if err := w.append(f.bytes); err != nil {
		return err
	}
	w.free <- f.bytes
	w.crcs = append(w.crcs, f.crc)
	w.next++
	if w.next == w.plan.shards[f.place.shard].end {
		return w.seal(f.place.shard)
	}
	if w.unsynced >= syncEvery {
		w.unsynced = 0
		return w.file.Sync()
	}
	return nil
}

func (w *Writer) append(b []byte) error {
	n, err := w.file.Write(b)
	w.unsynced += int64(n)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}

// seal writes the index and trailer of a rows file whose frames are all there.
func (w *Writer) seal(shard int) error {
	if err := w.append(w.plan.encodeTail(shard, w.digests, w.crcs)); err != nil {
		return err
	}
	err := errors.Join(w.file.Sync(), w.file.Close())
	w.file, w.crcs, w.unsynced = nil, w.crcs[:0], 0
	if err != nil {
		return err
	}
	return w.sync(w.partial)
}

func (w *Writer) sync(dir string) error {
	if err := w.disk.syncDir(dir); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}
