"""Writes golden.json: short templates rendered by transformers' own function."""
import datetime
import json
import pathlib

from transformers.utils import chat_template_utils

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
    # Where Python raises an error, or prints more than the value.
    "{{ 'a' + none }}", "{{ 'a' + nothing }}", "{{ nothing + 'a' }}", "{{ 'a' + 1 }}", "{{ 1 + 2.5 }}|{{ 1 + 2 }}|{{ [1] + [2, 'b'] }}",
    "{% for x in none %}{{ x }}{% endfor %}", "{% for x in nothing %}{{ x }}{% else %}empty{% endfor %}", "{% for x in 3 %}{% endfor %}", "{% for t in tools %}{% endfor %}",
    "{% for x in 'ab\u00e9' %}{{ x }};{% endfor %}", "{% for k in messages[0] %}{{ k }};{% endfor %}", "{% for a, b in messages %}{{ a }}{{ b }}{% endfor %}",
    "{% for a, b in [[1, 2], [3, 4]] %}{{ a }}{{ b }};{% endfor %}", "{% for a, b in [[1, 2, 3]] %}{% endfor %}",
    "{{ nothing.attribute }}", "{{ nothing['item'] }}", "{{ nothing.a is defined }}", "{{ messages[0].nothing }}|{{ messages[0].nothing is defined }}", "{{ messages[0].nothing.more }}",
    "{{ messages['x'] is defined }}", "{{ messages[99] is defined }}|{{ messages[0]['nothing'] is defined }}", "{{ 'abc'[1] }}{{ 'abc'[-1] }}{{ 'abc'[7] is defined }}", "{{ none.x is defined }}",
    "{{ none | length }}", "{{ nothing | length }}", "{{ 5 | length }}", "{{ 'abc' | length }}{{ messages[0] | length }}", "{{ 'abc' | list }}|{{ 'abc' | first }}|{{ 'abc' | last }}|{{ messages[0] | list }}",
    "{{ none | join(',') }}", "{{ 'abc' | join('-') }}", "{{ [1, none, 'x'] | join('-') }}",
    "{{ none | trim }}|{{ none | upper }}|{{ none ~ 'x' ~ nothing ~ 1.0 ~ true }}", "{{ [none, true, 1.0, 'it\\'s', 'a\nb', {'k': \"q\"}] }}", "{{ 4 / 2 }} {{ 1.0 }} {{ 0.1 }} {{ 1.5 if false else 0.25 }} {{ 2 ** -1 }} {{ 10 // 3.0 }}",
    "{{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7.5 % 2 }} {{ -(3) }} {{ 2 ** 3 ** 2 }}", "{{ 1 / 0 }}", "{{ 1 // 0 }}", "{{ 1 % 0 }}",
    "{{ 'a' * 3 }}{{ 2 * 'b' }}{{ 'c' * -1 }}|{{ [0] * 2 }}", "{{ 'a' * 'b' }}", "{{ 'a' - 'b' }}", "{{ none < 1 }}", "{{ nothing < 1 }}", "{{ 'a' < 1 }}", "{{ 'a' < 'b' }}{{ 2 > 1.5 }}{{ true >= 1 }}{{ 'b' <= 'a' }}",
    "{{ true == 1 }}{{ 1 == 1.0 }}{{ none == nothing }}{{ none == none }}{{ 'a' == ['a'] }}{{ [1, 'x'] == [1, 'x'] }}{{ false != 0 }}",
    "{{ 'a' in none }}", "{{ 'a' in nothing }}", "{{ 1 in 'abc' }}", "{{ 'role' in messages[0] }}{{ 'x' not in messages[0] }}{{ 1 in [1, 2] }}{{ 'b' in 'abc' }}",
    "{{ -'a' }}", "{{ -none }}", "{{ not none }}{{ not nothing }}{{ not 0 }}{{ not [] }}", "{{ nothing | tojson }}", "{{ {'a': [1, none, true, 2.0]} | tojson }}",
    "{{ 'a' if nothing else 'b' }}|{{ 'a' if false }}|{{ ('a' if false) is defined }}", "{{ 1 if 0 else 2 if 0 else 3 }}",
    "{{ nothing or 'x' }}|{{ 'y' and 'x' }}|{{ none or nothing or 0 }}", "{{ 'a' ~ 'b' == 'ab' }}{{ 1 + 1 == 2 and 3 > 2 }}{{ not 'a' == 'b' }}",
    "{{ messages | length - 1 }}|{{ (messages | length) - 1 }}|{{ 'a' + 'b' | upper }}|{{ -1 | abs }}", "{{ 'x' is string and 1 is number and [] is iterable and {} is mapping }}", "{{ 7 is divisibleby 7 }}{{ 7 is divisibleby(2) }}{{ 'a' is equalto 'a' }}{{ 3 is odd }}{{ none is none }}{{ 1 is not none }}{{ 'a' is in ['a'] }}",
    "{{ messages[0:1] | length }}{{ messages[:-1] | length }}{{ 'abcdef'[1:5:2] }}{{ 'abc'[::-1] }}{{ [1, 2, 3][-2:] }}", "{{ messages['a':] }}", "{{ nothing[1:] }}",
    "{{ 'a,b,,c'.split(',') }}{{ ' a  b '.split() }}{{ 'aXbX'.split('X', 1) }}", "{{ 'abc'.replace('b', 'x').upper().find('X') }}", "{{ 'a{}b'.format(1) }}",
    "{{ messages[0].get('role') }}{{ messages[0].get('nothing', 'z') }}{{ messages[0].get('nothing') }}{{ messages[0].get('nothing') is none }}", "{{ messages[0].keys() | list }}{{ messages[0].values() | list | length }}",
    "{{ [3, 1, 2] | sort }}{{ [1, 1, 2] | unique | list }}{{ [1, 2, 3] | reverse | list }}{{ 'abc' | reverse }}{{ [1, 2] | sum }}{{ [1, 5, 2] | max }}", "{{ messages | selectattr('nothing', 'defined') | list | length }}{{ messages | rejectattr('role', 'equalto', 'user') | list | length }}",
    "{{ [1, 2, 3] | select('odd') | list }}", "{{ {'b': 1, 'a': 2} | dictsort }}", "{{ none | dictsort }}", "{{ none | items | list }}", "{{ nothing | items | list }}",
    "{{ '1' | int + 1 }}{{ 'x' | int }}{{ '2.5' | float }}{{ 3.7 | int }}{{ none | default('d') }}{{ nothing | default('d') }}{{ '' | default('d', true) }}{{ none | string }}{{ 3 | string + 'x' }}",
    "{{ 'a\nb' | indent }}|{{ 'a\nb' | indent(2, true) }}", "{{ nothing() }}", "{{ messages.append(1) }}", "{{ messages | nofilter }}", "{{ 1 is notest }}",
    "{{ loop is defined }}", "{% for m in messages %}{{ loop.previtem is defined }}{{ loop.cycle('a', 'b') }}{% endfor %}", 
    "{% set ns = namespace(a=1) %}{{ ns.b is defined }}{{ ns.a }}", "{% set x = messages[0] %}{% set x.y = 1 %}", "{% macro f(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}{{ f(1, b=3) }}{{ f() }}",
    "{{ messages[0].role is eq 'user' }}", "{% if messages[0]['content'] is string %}s{% elif messages is sequence %}q{% endif %}", "{{ (1, 2) }}{{ (1, 2) | length }}{{ [] }}{{ {} }}", "{{ 'a' 'b' ~ 'c' }}", "{{ \"\" or 'empty' }}",
    "{{ 'hELLO' | capitalize }}{{ 'hELLO'.capitalize() }}{{ '\u00dftra\u00dfe' | upper }}|{{ '\u00a0x\u00a0' | trim }}|{{ '\u00a0x'.lstrip() }}|{{ 'xxaxx'.strip('x') }}",
    "{{ {1: 'a', 512: 'b'}[512] }}{{ {3: 'x', 1: 'y'} | dictsort }}{{ {1: 2} }}{{ {'a': 1}.items() | list }}{{ 1 in {1: 2} }}{{ '1' in {1: 2} }}", "{{ {1: 1, 'a': 2} | dictsort }}",
    "{% for k, v in [('a', 1), ('b', 2)] if k != 'a' and v == 2 %}{{ k }}{{ v }}{{ loop.length }}{% endfor %}", "{% for k, v in messages[0].items() if k == 'role' %}{{ k }}={{ v }}{{ loop.last }}{% endfor %}",
    "{{ none | selectattr('x') | list }}{{ none | map(attribute='x') | list }}", "{% if false %}{{ 'a' | nofilter }}{% endif %}ok", "{{ {'b': [1, {'c': 'd'}], 'a': '\u00e9\n\"'} | tojson(indent=2) }}{{ [1, 2] | tojson(separators=(',', ':')) }}{{ {'b': 1, 'a': '\u00e9'} | tojson(sort_keys=true, ensure_ascii=true) }}",
    "{{ 'a,b,c'.rsplit(',', 1) }}{{ 'a-b'.join(['x', 'y']) }}{{ 'abc'.startswith(('x', 'a')) }}{{ 'abc'.removeprefix('a') }}{{ 'aa'.count('a') }}{{ '{{}}{}'.format('z') }}", "{{ 'abc'.nomethod() }}", "{{ dict(a=1) }}",
    "{{ messages | selectattr('role') | list | length }}{{ [0, 1, none, 'a'] | select | list }}{{ ['a', 'B'] | map('upper') | join }}{{ messages | map(attribute='nothing', default='z') | join(',') }}{{ [1, 2, 3] | reject('odd') | list }}{{ messages | selectattr('role', 'in', ['user']) | list | length }}",
    # Whole templates in the style of published ones.
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if loop.index0 == 0 and system_message %}{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}",
    "{%- if messages[0].role == 'system' %}\n    {%- set system = messages[0].content | trim %}\n    {%- set messages = messages[1:] %}\n{%- else %}\n    {%- set system = '' %}\n{%- endif %}\n{{- '<|head|>' + 'system\\n\\n' }}\n{{- 'Today: ' + strftime_now('%d %b %Y') + '\\n' }}\n{{- system }}\n{%- for m in messages %}\n    {{- '<|head|>' + m.role + '\\n\\n' + m.content | trim + '<|eot|>' }}\n{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '<|head|>assistant\\n\\n' }}\n{%- endif %}\n",
]


# What these render is right too; here they are refused, with the construct named.
REFUSED = [
    "{{ '%s-%s' | format('a', 1) }}", "{{ '%d' % 3 }}", "{{ '<a>' | e }}", "{{ 'hello world' | title }}", "{{ 1 < 2 < 3 }}", "{{ 1e3 }}", "{{ 0x10 }}", "{{ +1 }}",
    "{% for m in messages %}{{ loop.depth }}{% endfor %}", "{% for a, b, c in [[1, 2, 3]] %}{{ a }}{% endfor %}", "{% for m in messages recursive %}{{ m.role }}{% endfor %}",
    "{% set a, b = 1, 2 %}{{ a }}", "{{ 'abc'.swapcase() }}", "{{ '{0}'.format(1) }}", "{% with x = 1 %}{{ x }}{% endwith %}", "{{ [1, 2] | batch(1) | list }}", "{{ {1.5: 2} }}",
]


class Pinned(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


def render(template, conversation, generation):
    try:
        rendered, _ = chat_template_utils.render_jinja_template(
            [[{"role": r, "content": c} for r, c in conversation]], chat_template=template, add_generation_prompt=generation, **TOKENS)
        return {"text": rendered[0]}
    except Exception as e:  # the golden value is that it fails
        return {"error": str(e)}


def main():
    chat_template_utils.datetime = Pinned
    cases = []
    for template in TEMPLATES:
        for i, conversation in enumerate(CONVERSATIONS):
            for generation in (False, True):
                if "add_generation_prompt" in template or not generation:
                    cases.append({"template": template, "conversation": i, "generation": generation, **render(template, conversation, generation)})
    for template in REFUSED:
        text = render(template, CONVERSATIONS[0], False)["text"]  # it does render
        cases.append({"template": template, "conversation": 0, "generation": False, "refused": True, "text": text})
    golden = {"now": NOW.isoformat() + "Z", "tokens": TOKENS, "cases": cases,
              "conversations": [[{"role": r, "content": c} for r, c in c] for c in CONVERSATIONS]}
    path = pathlib.Path(__file__).with_name("golden.json")
    path.write_text(json.dumps(golden, indent=1, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()
