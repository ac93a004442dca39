def generate(seed):
    return "", "", {}
