"""A language model behind HTTP: each row becomes a question, the number in the reply becomes the score.

usage: language_model.py URL MODEL COLUMN...
"""

import json
import sys
import urllib.request

url, model, *columns = sys.argv[1:]


def question(row):
    facts = "; ".join(f"{name}: {value}" for name, value in zip(columns, row) if value is not None)
    return f"How likely is this loan to be repaid? Answer with one number between 0 and 1.\n{facts}"


def ask(row):
    body = {"model": model, "temperature": 0, "messages": [{"role": "user", "content": question(row)}]}
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return float(json.load(reply)["choices"][0]["message"]["content"])


for line in sys.stdin:
    print(ask(json.loads(line)), flush=True)
