"""Writes golden.json: templates rendered by jinja2 3.1.6 as transformers sets it up."""
import datetime
import json
import pathlib

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime.datetime(2024, 7, 4, 9, 5, 3)
TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}
CONVERSATIONS = [
    [("user", "Hi")],
    [("system", "Be brief."), ("user", "Bonjour \u00e7a va?"), ("assistant", "Oui.\n"), ("user", " \"quoted\" \\ & <b> ")],
    [("user", "a"), ("assistant", "b"), ("user", ""), ("assistant", "d"), ("user", "\u65e5\u672c\U0001f600")],
]
TEMPLATES = [
    # White space around tags.
    "{% for m in messages %}{{ m.content }}\n{% endfor %}X",
    "Hello {{ bos_token }}{%- if true %}y{% endif %} z\n",
    "a\n  {% if true %}\n  b\n  {% endif %}\nc\n\n",
    "a {%+ if true %} b {%+ endif %} c",
    "  {%+ if true +%}\n  b\n{% endif %}\n",
    "x\n   {# note -#}\n  y {#- z #}\nw",
    "{%- for m in messages -%}\n  {{- m.role }}: {{ m.content -}}\n{%- endfor -%}\n end",
    "{% raw %}\n {{ not }} {% this %} {% endraw %}\n|",
    "a {%- raw -%}  {{ x }}  {%- endraw -%}  b",
    "{% raw -%}  {{ x }}  \n {%+ endraw +%}\n b",
    "t\t{%- if 1 -%}\u00a0u\u2003{%- endif %}",
    "a\r\nb\r{% if true %}\r\nc{% endif %}",
    "{{ 'end' }}\n",
    "{% if true %}\n\n  {% endif %}  \n",
    # Strings and expressions.
    "{{ 'a\\r\\n\\t\\\\\\'\\x41\\u00e9\\101\\q' }}|{{ \"it's\" }}",
    "{{ 'a' 'b' \"c\" }}",
    "{{ {'a': {'b': 1}}['a']['b'] }}",
    "{{ {'a': {'b': [1, 2]}}|tojson }}{{ messages|tojson }}",
    "{{ messages[0]['role'] ~ '/' ~ messages[-1].content|trim }}",
    "{{ messages[1:]|length }} {{ messages[::-1][0].role }}",
    "{{ 'y' if messages|length > 1 else 'n' }}{{ 'z' if messages|length > 9 }}",
    "{{ messages|map(attribute='role')|join(', ') }}",
    "{{ messages|selectattr('role', 'equalto', 'user')|list|length }}",
    "{{ 7 // 2 }} {{ 7 % 4 }} {{ 2 ** 3 }} {{ 7 / 2 }} {{ -3 + 1 }} {{ not false }} {{ none }} {{ 1.5 }}",
    "{{ 'Abc'.upper() }} {{ 'a,b'.split(',')[1] }} {{ ' x '.strip() }} {{ 'abc'.startswith('ab') }}",
    "{{ ('x' in 'xyz') and 'sys' not in messages[0].role }}",
    "{{ undefined_thing }}|{{ undefined_thing is defined }}|{{ tools is none }}|{{ messages is iterable }}",
    "{{ messages[0].content | replace('i', 'o') | upper }}",
    "{{ range(3)|list }}{% for i in range(1, 6, 2) %}{{ i }},{% endfor %}",
    # Variables and their scope.
    "{% set x = 1 %}{% for m in messages %}{{ x }}{% set x = 2 %}{{ x }} {% endfor %}{{ x }}",
    "{% for m in messages %}{{ seen is defined }}{% if loop.first %}{% set seen = 1 %}{% endif %}{% endfor %}",
    "{% set ns = namespace(n=0, last='') %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% set ns.last = m.role %}{% endfor %}{{ ns.n }}{{ ns.last }}",
    "{% set x %}a{{ bos_token }}\n{% endset %}[{{ x }}]",
    "{% for i in range(2) %}{% for j in range(2) %}{% set k = i * j %}{{ k }}{% endfor %}{{ k is defined }}{% endfor %}",
    "{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.last }}{{ loop.length }}{{ loop.revindex }} {% endfor %}",
    "{% for m in messages if m.role == 'user' %}{{ loop.index }}{{ m.content }};{% else %}none{% endfor %}",
    "{% for m in messages %}{% if loop.index == 2 %}{% continue %}{% endif %}{% if loop.index == 4 %}{% break %}{% endif %}{{ m.role }} {% endfor %}",
    "{% for k, v in messages[0].items() %}{{ k }}={{ v }};{% endfor %}",
    # Macros, calls and functions.
    "{% macro turn(m, open='<', close=', >') %}{{ open }}{{ m.role }}{{ close }}{% endmacro %}{% for m in messages %}{{ turn(m) }}{{ turn(m, close='!') }}{% endfor %}",
    "{% macro fact(n) %}{% if n > 1 %}{{ n }}*{{ fact(n - 1) }}{% else %}1{% endif %}{% endmacro %}{{ fact(6) }}",
    "{% macro box() %}[{{ caller() }}]{% endmacro %}{% call box() %}in{% endcall %}",
    "{% filter upper %}abc{{ bos_token }}{% endfilter %}",
    "{{ strftime_now('%d %b %Y') }}|{{ strftime_now('%Y-%m-%d %H:%M:%S %A %B %p %I %j %y %%') }}",
    "{% if messages[0].role != 'system' %}{{ raise_exception('want a system message') }}{% endif %}ok",
    "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}{% endfor %}ok",
    "{% set l = [] %}{% if messages|length > 1 %}{% set _ = l.append(1) %}{% endif %}{{ l }}",
    "{% generation %}{{ messages[-1].content }}{% endgeneration %}",
    # Whole templates in the style of published ones.
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if loop.index0 == 0 and system_message %}{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}",
    "{%- if messages[0].role == 'system' %}\n    {%- set system = messages[0].content | trim %}\n    {%- set messages = messages[1:] %}\n{%- else %}\n    {%- set system = '' %}\n{%- endif %}\n{{- '<|head|>' + 'system\\n\\n' }}\n{{- 'Today: ' + strftime_now('%d %b %Y') + '\\n' }}\n{{- system }}\n{%- for m in messages %}\n    {{- '<|head|>' + m.role + '\\n\\n' + m.content | trim + '<|eot|>' }}\n{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '<|head|>assistant\\n\\n' }}\n{%- endif %}\n",
]


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_pass"), [], [], body).set_lineno(line)

    def _pass(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def environment():
    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"])
    env.filters["tojson"] = lambda x, ensure_ascii=False, indent=None, separators=None, sort_keys=False: json.dumps(
        x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    return env


def render(template, conversation, generation):
    try:
        return {"text": environment().from_string(template).render(
            messages=[{"role": r, "content": c} for r, c in conversation],
            tools=None, documents=None, add_generation_prompt=generation, **TOKENS)}
    except Exception as e:  # the golden value is that it fails
        return {"error": str(e)}


def main():
    cases = []
    for template in TEMPLATES:
        for i, conversation in enumerate(CONVERSATIONS):
            for generation in (False, True):
                if "add_generation_prompt" in template or not generation:
                    cases.append({"template": template, "conversation": i, "generation": generation, **render(template, conversation, generation)})
    golden = {"now": NOW.isoformat() + "Z", "tokens": TOKENS, "cases": cases,
              "conversations": [[{"role": r, "content": c} for r, c in c] for c in CONVERSATIONS]}
    path = pathlib.Path(__file__).with_name("golden.json")
    path.write_text(json.dumps(golden, indent=1, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()
