def run(scale): return []
