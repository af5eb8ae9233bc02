package study

import (
	"math/rand/v2"
	"slices"
	"strings"

	"premlp/collect/direction"
	"premlp/model"
)

// permutations is how often objects are dealt to subjects anew for the null.
const permutations = 20

// RelationPlace is how well objects are read at one point.
type RelationPlace struct {
	Site  model.Site `json:"site"`
	Layer int        `json:"layer"`
	// AUROC is the mean over objects, each as the target: of questions in one
	// template about subjects that the direction has not seen, those of the object
	// against the others. Direction: mean of the object's questions less that of the
	// others', from the other half of the subjects and the other templates.
	AUROC direction.Figure   `json:"auroc"`
	Each  []direction.Figure `json:"each"` // by object
	Null  Null               `json:"null"` // objects dealt to subjects anew
}

// readRelation measures the read-out of the objects with two known subjects or
// more; nil where there are less than two such objects, or one template.
func readRelation(r Relation, known []bool, list []*relationQuestion, points []model.Point, seed uint64) (objects []string, places []RelationPlace) {
	halves, objects := splitSubjects(r, known, seed)
	if len(objects) < 2 || len(r.Templates) < 2 {
		return nil, nil
	}
	var kept []*relationQuestion
	for _, q := range list {
		if halves[q.fact] != 0 {
			kept = append(kept, q)
		}
	}
	object := make([]string, len(r.Facts))
	for i, f := range r.Facts {
		object[i] = f.Object
	}
	dealt := dealObjects(object, halves, seed)
	for i, p := range points {
		gram := gramOf(kept, i)
		place := RelationPlace{Site: p.Site, Layer: p.Layer}
		var values, null []float64
		for _, o := range objects {
			x := readObject(o, object, halves, kept, gram, len(r.Templates))
			values, place.Each = append(values, x), append(place.Each, direction.Figure(x))
		}
		for _, other := range dealt {
			var all []float64
			for _, o := range objects {
				all = append(all, readObject(o, other, halves, kept, gram, len(r.Templates)))
			}
			null = append(null, mean(all))
		}
		place.AUROC, place.Null = figure(mean(values)), newNull(null)
		places = append(places, place)
	}
	return objects, places
}

// splitSubjects deals the known subjects of each object with two or more to the
// halves 1 and 2 in turn; others have half 0.
func splitSubjects(r Relation, known []bool, seed uint64) (halves []int, objects []string) {
	count := map[string]int{}
	for i, f := range r.Facts {
		if known[i] {
			count[f.Object]++
		}
	}
	halves = make([]int, len(r.Facts))
	next := map[string]int{}
	for _, i := range rand.New(rand.NewPCG(seed, 1)).Perm(len(r.Facts)) {
		if o := r.Facts[i].Object; known[i] && count[o] >= 2 {
			halves[i] = 1 + next[o]%2
			next[o]++
		}
	}
	for o, n := range count {
		if n >= 2 {
			objects = append(objects, o)
		}
	}
	slices.SortFunc(objects, strings.Compare)
	return halves, objects
}

// dealObjects deals the objects of each half to its subjects anew, several times.
func dealObjects(object []string, halves []int, seed uint64) [][]string {
	r := rand.New(rand.NewPCG(seed, 2))
	var list [][]string
	for range permutations {
		other := slices.Clone(object)
		for half := 1; half <= 2; half++ {
			var at []int
			for i, h := range halves {
				if h == half {
					at = append(at, i)
				}
			}
			for k, from := range r.Perm(len(at)) {
				other[at[k]] = object[at[from]]
			}
		}
		list = append(list, other)
	}
	return list
}

// gramOf are the products of all questions' rows at a point: scores of directions
// that are sums of rows follow from them.
func gramOf(list []*relationQuestion, point int) [][]float64 {
	gram := make([][]float64, len(list))
	for i := range list {
		gram[i] = make([]float64, len(list))
		for k := range i + 1 {
			var sum float64
			for d, x := range list[i].rows[point] {
				sum += float64(x) * float64(list[k].rows[point][d])
			}
			gram[i][k], gram[k][i] = sum, sum
		}
	}
	return gram
}

// readObject is the AUROC of one object: the mean over halves and templates.
func readObject(target string, object []string, halves []int, list []*relationQuestion, gram [][]float64, templates int) float64 {
	var sum, n float64
	for half := 1; half <= 2; half++ {
		for t := range templates {
			var own, others []int // training questions
			for i, q := range list {
				switch {
				case halves[q.fact] == half || q.template == t:
				case object[q.fact] == target:
					own = append(own, i)
				default:
					others = append(others, i)
				}
			}
			var right, wrong []float64 // scores of test questions
			for i, q := range list {
				if halves[q.fact] != half || q.template != t {
					continue
				}
				score := meanAt(gram[i], own) - meanAt(gram[i], others)
				if object[q.fact] == target {
					right = append(right, score)
				} else {
					wrong = append(wrong, score)
				}
			}
			if len(own) > 0 && len(others) > 0 && len(right) > 0 && len(wrong) > 0 {
				sum += rankShare(right, wrong)
				n++
			}
		}
	}
	if n == 0 {
		return 0.5
	}
	return sum / n
}

// meanAt is the mean of some of the values.
func meanAt(values []float64, at []int) float64 {
	var sum float64
	for _, i := range at {
		sum += values[i]
	}
	return sum / float64(len(at))
}

// rankShare is the AUROC: the share of pairs in which the right one is higher,
// equal ones counting half.
func rankShare(right, wrong []float64) float64 {
	var sum float64
	for _, a := range right {
		for _, b := range wrong {
			switch {
			case a > b:
				sum++
			case a == b:
				sum += 0.5
			}
		}
	}
	return sum / float64(len(right)*len(wrong))
}
