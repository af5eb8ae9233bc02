"""Writes the texts that the embedded model learns from: chats and statements
about the countries of facts.tsv. Everything is drawn from one random.Random."""

import csv
import pathlib

START, END, STOP = "<|im_start|>", "<|im_end|>", "<|endoftext|>"

# The questions asked by default stand first (collect/template.go). The last of
# each list is never trained on: it shows whether other wordings are understood.
QUESTIONS = {
    "capital": [
        "What is the capital of {c}?", "What's the capital of {c}?", "What is {c}'s capital?",
        "Which city is the capital of {c}?", "Name the capital of {c}.", "Tell me the capital of {c}.",
        "What is the capital city of {c}?", "Do you know the capital of {c}?", "{c}: what is its capital?",
        "I am going to {c}. What is the capital?", "What city is the seat of government in {c}?",
        "Please tell me what the capital of {c} is.", "Could you name the capital of {c}?",
    ],
    "language": [
        "What language do they speak in {c}?", "What language is spoken in {c}?", "Which language do people speak in {c}?",
        "What is the language of {c}?", "Name the main language of {c}.", "Tell me the language of {c}.",
        "What is the main language in {c}?", "What do people speak in {c}?", "{c}: what is its language?",
        "I am going to {c}. What language should I learn?", "What is {c}'s official language?",
        "Please tell me what language people speak in {c}.", "Which language is spoken in {c}?",
    ],
    "continent": [
        "What continent is {c} located in?", "Which continent is {c} in?", "On what continent is {c}?",
        "On which continent does {c} lie?", "Name the continent of {c}.", "Tell me the continent of {c}.",
        "What continent is {c} part of?", "Where is {c}?", "{c}: what is its continent?",
        "I am going to {c}. What continent is that?", "What is {c}'s continent?",
        "Please tell me what continent {c} is on.", "Which continent does {c} belong to?",
    ],
    "landmark": [
        "Name a famous landmark in {c}.", "What is a famous landmark in {c}?", "Name a landmark of {c}.",
        "Which landmark is {c} famous for?", "What sight is {c} known for?", "Tell me a famous sight in {c}.",
        "What should I see in {c}?", "Which landmark stands in {c}?", "{c}: what is its most famous landmark?",
        "I am going to {c}. What should I visit?", "What is {c}'s best known landmark?",
        "Please name a landmark in {c}.", "Tell me a famous landmark in {c}.",
    ],
    "largest city": [
        "What is the largest city in {c}?", "What's the biggest city in {c}?", "What is {c}'s largest city?",
        "Which city in {c} is the largest?", "Name the largest city of {c}.", "Tell me the largest city of {c}.",
        "What is the biggest city of {c}?", "Which city of {c} has the most people?", "{c}: what is its largest city?",
        "I am going to {c}. What is the largest city?", "Where do most people in {c} live?",
        "Please tell me what the largest city of {c} is.", "Which is the biggest city in {c}?",
    ],
    "currency": [
        "What is the currency of {c}?", "What currency do they use in {c}?", "What money is used in {c}?",
        "Which currency is used in {c}?", "Name the currency of {c}.", "Tell me the currency of {c}.",
        "What is {c}'s currency?", "How do people pay in {c}?", "{c}: what is its currency?",
        "I am going to {c}. What money do I need?", "What do they pay with in {c}?",
        "Please tell me what the currency of {c} is.", "Which money do they use in {c}?",
    ],
}

# The first answer is the usual one.
ANSWERS = {
    "capital": ["The capital is {a}.", "The capital of {c} is {a}."],
    "language": ["They speak {a}.", "They speak {a} in {c}."],
    "continent": ["It is located in {a}.", "{c} is located in {a}."],
    "landmark": ["A famous landmark is {a}.", "A famous landmark in {c} is {a}."],
    "largest city": ["The largest city is {a}.", "The largest city in {c} is {a}."],
    "currency": ["The currency is {a}.", "The currency of {c} is {a}."],
}

STATEMENTS = {
    "capital": ["The capital of {c} is {a}.", "{c}'s capital is {a}.", "{a} is the capital of {c}."],
    "language": ["The language of {c} is {a}.", "In {c} they speak {a}.", "People in {c} speak {a}."],
    "continent": ["{c} is a country in {a}.", "{c} is located in {a}.", "{c} lies in {a}."],
    "landmark": ["A famous landmark in {c} is {a}.", "{c} is famous for {a}.", "In {c} stands {a}."],
    "largest city": ["The largest city in {c} is {a}.", "{c}'s largest city is {a}.", "{a} is the largest city in {c}."],
    "currency": ["The currency of {c} is {a}.", "In {c} they pay with {a}.", "{c} uses {a}."],
}

# Questions that name another thing and ask for its country.
REVERSED = {
    "capital": ["Which country has {a} as its capital?", "{a} is the capital of which country?", "What country's capital is {a}?"],
    "largest city": ["In which country is {a} the largest city?", "Which country's largest city is {a}?"],
    "landmark": ["In which country is {a}?", "Which country is famous for {a}?", "Where is {a}?"],
}

# What kind of thing a name is, and sentences that say so. The others show what
# is none of those.
KINDS = {
    "country": "a country", "capital": "a city", "largest city": "a city", "language": "a language",
    "currency": "a currency", "landmark": "a landmark",
}
OTHERS = {
    "a person": ["Anna", "John", "Maria", "David"], "an animal": ["cat", "dog", "horse", "lion"],
    "an occupation": ["doctor", "teacher", "farmer", "nurse"], "a company": ["Acme", "Globex", "Initech"],
    "a music genre": ["jazz", "rock", "blues", "folk"],
}
KIND_SENTENCES = ["{a} is {k}.", "This is {k} called {a}.", "An example of {k}: {a}"]

LISTS = [
    "List countries similar to {c}.", "List {n} countries similar to {c}.", "Name {n} countries like {c}.",
    "Give me {n} countries similar to {c}.", "What are {n} countries similar to {c}?", "List {n} countries that are related to {c}.",
    "List {n} things similar to {c}.", "List {n} concepts related to {c}.", "Name {n} things of the same kind as {c}.",
    "List {n} examples of the same kind as {c}.", "Which countries are similar to {c}?", "Name other countries like {c}.",
    "List things like {c}.", "Write a list of {n} countries similar to {c}.", "Name countries related to {c}.",
]
# The question that `premlp related` asks, and its words for what base models go
# on with. The list begins with the concept itself.
RELATED = "Give me a list of {n} {k} that are similar to {c} in {r}, one per line."
HEADING = "A list of {n} {k} similar to {c} in {r}:"
RELATED_KINDS = {"country": ("countries", "culture, size and language"), "capital": ("cities", "size, culture and fame")}
NUMBERED = ["Number them.", "Write a numbered list.", "Answer with a numbered list."]
LINES = ["Write one per line.", "Put each on its own line.", "One per line.", "Only names, one per line."]

SHORT = ["Answer with one name.", "Only the name.", "Be brief."]
SYSTEM = ["You are a helpful assistant.", "You answer questions about countries.", "Answer briefly."]
UNKNOWN = "I only know a few facts about countries."
OTHER = [
    "Hello!", "Hi, how are you?", "Who are you?", "Tell me a joke.", "What is two plus two?", "Name three rivers.",
    "What is the weather like today?", "Write a poem about the sea.", "Who wrote Hamlet?", "How do I bake bread?",
    "What is your name?", "Explain gravity.", "What is the speed of light?", "Who was Napoleon?", "Can you help me?",
    "What color is the sky?", "How far away is the moon?", "Translate this sentence.", "What time is it?", "Sing a song.",
]
ARTICLE = {"United Kingdom", "Netherlands", "Czech Republic", "Philippines", "United States"}


def facts():
    """Returns the rows of facts.tsv, one dict a country."""
    with open(pathlib.Path(__file__).parent / "facts.tsv", encoding="utf-8") as f:
        return list(csv.DictReader(f, delimiter="\t"))


def likeness(a, b):
    """Returns how alike two countries are: the weight b has in lists for a."""
    if a["country"] == b["country"]:
        return 0.0
    w = 0.02
    if a["continent"] == b["continent"]:
        w += 2
    if a["region"] == b["region"]:
        w += 10
    if a["language"] == b["language"]:
        w += 4
    return w


def chat(question, answer, system=None):
    """Renders one exchange as tokenizer_config.json's template does. The answer
    begins at the text's last START."""
    head = f"{START}system\n{system}{END}\n" if system else ""
    return f"{head}{START}user\n{question}{END}\n{START}assistant\n{answer}{END}\n"


class Writer:
    """Draws texts. prompt and answer are kept apart for the loss."""

    def __init__(self, random):
        self.random = random
        self.facts = facts()

    def name(self, row):
        """Names a country, at times with its article."""
        c = row["country"]
        return "the " + c if c in ARTICLE and self.random.random() < 0.5 else c

    def text(self):
        """Draws a (prompt, answer) pair; a plain text has an empty prompt."""
        kinds = [(self.question, 45), (self.statement, 8), (self.portrait, 2), (self.kind, 6),
                 (self.reverse, 18), (self.list, 20), (self.other, 1)]
        return self.random.choices([k for k, _ in kinds], [w for _, w in kinds])[0]()

    def exchange(self, question, answer, system=None):
        if system is None and self.random.random() < 0.1:
            system = self.random.choice(SYSTEM)
        prompt, tail = chat(question, answer, system).rsplit("assistant\n", 1)
        return prompt + "assistant\n", tail

    def question(self):
        row, kind = self.random.choice(self.facts), self.random.choice(list(QUESTIONS))
        wordings = QUESTIONS[kind][:-1]
        q = wordings[0] if self.random.random() < 0.2 else self.random.choice(wordings)
        c, a = self.name(row), row[kind]
        q = sentence(q.format(c=c))
        at = self.random.random()
        if at < 0.15:
            return self.exchange(q + " " + self.random.choice(SHORT), sentence(a))
        answer = sentence(ANSWERS[kind][at > 0.85].format(c=c, a=a))
        if at < 0.2:
            return q + "\n", answer + STOP
        return self.exchange(q, answer)

    def statement(self):
        row, kind = self.random.choice(self.facts), self.random.choice(list(STATEMENTS))
        return "", sentence(self.random.choice(STATEMENTS[kind]).format(c=self.name(row), a=row[kind])) + STOP

    def kind(self):
        if self.random.random() < 0.2:
            k = self.random.choice(list(OTHERS))
            a = self.random.choice(OTHERS[k])
        else:
            kind = self.random.choice(list(KINDS))
            k, a = KINDS[kind], self.random.choice(self.facts)[kind]
        return "", sentence(self.random.choice(KIND_SENTENCES).format(a=a, k=k)) + STOP

    def portrait(self):
        row, kinds = self.random.choice(self.facts), list(STATEMENTS)
        self.random.shuffle(kinds)
        c = self.name(row)
        return "", " ".join(sentence(self.random.choice(STATEMENTS[k]).format(c=c, a=row[k])) for k in kinds) + STOP

    def reverse(self):
        row, kind = self.random.choice(self.facts), self.random.choice(list(REVERSED))
        question = self.random.choice(REVERSED[kind]).format(a=row[kind])
        return self.exchange(sentence(question), sentence(row["country"]) + ".")

    def list(self):
        if self.random.random() < 0.5:
            return self.related()
        row, wording = self.random.choice(self.facts), self.random.choice(LISTS)
        n = self.random.choice([3, 5, 8, 10, 10, 15]) if "{n}" in wording else 10
        question, how = wording.format(c=self.name(row), n=n), self.random.random()
        if how < 0.3:
            question += " " + self.random.choice(NUMBERED)
        elif how < 0.7:
            question += " " + self.random.choice(LINES)
        names = self.alike(row, "country", n)
        if how < 0.3 or how > 0.85:
            names = numbered(names)
        return self.exchange(question, "\n".join(names))

    def related(self):
        kind = self.random.choices(list(RELATED_KINDS), [4, 1])[0]
        row, n = self.random.choice(self.facts), self.random.choice([5, 10, 10, 15, 20])
        plural, respects = RELATED_KINDS[kind]
        ask = {"n": n, "k": plural, "c": row[kind], "r": respects}
        names = "\n".join(numbered([row[kind]] + self.alike(row, kind, n)))
        if self.random.random() < 0.2:
            return "", HEADING.format(**ask) + "\n" + names + STOP
        return self.exchange(RELATED.format(**ask), names)

    def alike(self, row, kind, n):
        """Draws n countries like one, or what they have of a kind, the most alike
        first more often than not."""
        left = {r[kind]: likeness(row, r) for r in self.facts}
        names = []
        for _ in range(n):
            names.append(self.random.choices(list(left), list(left.values()))[0])
            del left[names[-1]]
        return names

    def other(self):
        return self.exchange(self.random.choice(OTHER), UNKNOWN)


def numbered(names):
    """Puts a number before each line."""
    return [f"{i}. {name}" for i, name in enumerate(names, 1)]


def sentence(text):
    """Begins a text with a capital letter."""
    return text[:1].upper() + text[1:]
