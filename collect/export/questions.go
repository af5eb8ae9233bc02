package export

import (
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"premlp/collect/dataset"
)

// questionRow is one line of questions.jsonl in Parquet. Spans are [first, end).
type questionRow struct {
	ID         string    `parquet:"id"`
	Set        string    `parquet:"set,dict"`
	Concept    string    `parquet:"concept,dict"`
	Template   string    `parquet:"template,dict"`
	Type       string    `parquet:"type,dict"`
	Text       string    `parquet:"text"`
	Prompt     string    `parquet:"prompt"`
	IDs        []int32   `parquet:"ids,list"`
	Spans      [][]int64 `parquet:"spans,list"` // per token its bytes of the prompt
	TextSpan   []int64   `parquet:"text_span,list"`
	PromptSpan []int64   `parquet:"prompt_span,list"`
	TokenSpan  []int64   `parquet:"token_span,list"`
	Rows       []int32   `parquet:"rows,list"`
	Tokens     []string  `parquet:"tokens,list"`
}

// writeQuestions writes the questions as one Parquet file.
func (s *source) writeQuestions(w io.Writer) error {
	const perGroup = 4096
	p := parquet.NewGenericWriter[questionRow](w,
		parquet.CreatedBy("premlp", version, ""),
		parquet.MaxRowsPerRowGroup(perGroup),
	)
	for q, err := range s.questions() {
		if err != nil {
			return err
		}
		if n, err := p.Write([]questionRow{newQuestionRow(q)}); err != nil || n != 1 {
			return fmt.Errorf("parquet: want 1 row written, have %d: %w", n, err)
		}
	}
	return p.Close()
}

func newQuestionRow(q *dataset.Question) questionRow {
	spans := make([][]int64, len(q.Spans))
	for i, s := range q.Spans {
		spans[i] = span(s)
	}
	return questionRow{
		ID: q.ID, Set: q.Set, Concept: q.Concept, Template: q.Template, Type: q.Type, Text: q.Text, Prompt: q.Prompt,
		IDs: q.IDs, Spans: spans, TextSpan: span(q.TextSpan), PromptSpan: span(q.PromptSpan), TokenSpan: span(q.TokenSpan),
		Rows: q.Rows, Tokens: q.Tokens,
	}
}

func span(s [2]int) []int64 { return []int64{int64(s[0]), int64(s[1])} }
