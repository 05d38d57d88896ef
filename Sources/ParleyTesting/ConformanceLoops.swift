internal import ParleyBase
internal import ParleyEngine

/// Passes of loops: instructions have numbers of their own in every pass, and an engine may forget what it used in one that is over.
extension Conformance {
  func passes() throws {
    for length in lengths where length <= 1000 {
      var random = random(0x7061_7373, UInt64(length))
      let bits = (0..<3).map { _ in random.bits(length) }
      let words = hasWords ? (0..<2).map { _ in randomWords(length, using: &random) } : []
      let hasWords = hasWords
      let values = try evaluate("passes of length \(length)", Operands(words: words, bits: bits)) {
        party, engine, words, planes in
        var p = planes[0]
        var x = words.first
        func compute(_ number: Int) throws {
          let list: [(exchange: Exchange<Arith, Plane>, step: StepID)] =
            [(.and([(p, planes[1])], count: length), StepID(instruction: number))]
            + (x.map { [(.multiply([($0, words[1])], count: length), StepID(instruction: number + 1))] } ?? [])
          for result in try party.exchanges(list) {
            switch result {
            case .planes(let list): p = engine.xor(list[0], planes[2], count: length)
            case .arith(let list): x = engine.linear([(list[0], 1), (words[1], 5)], constant: 3, count: length)
            default: break
            }
          }
        }
        for pass in 0..<3 {
          let first = 100 + 20 * pass
          engine.begin(pass: first..<first + 20)
          try compute(first)
          for inner in 0..<2 {
            let start = first + 5 * (inner + 1)
            engine.begin(pass: start..<start + 5)
            try compute(start + 2)
            engine.endPass()
          }
          try compute(first + 17)
          engine.endPass()
        }
        try compute(200)
        return [.planes([p], count: length)] + (x.map { [.arith($0, count: length)] } ?? [])
      }
      var (p, x) = (bits[0], words.first ?? [])
      for _ in 0..<13 {
        p = p.indices.map { (p[$0] && bits[1][$0]) != bits[2][$0] }
        x = x.indices.map { x[$0] &* words[1][$0] &+ 5 &* words[1][$0] &+ 3 }
      }
      try expect("passes of length \(length)", Array(values.prefix(1)), bits: [p])
      if hasWords { try expect("passes of length \(length)", Array(values.dropFirst()), words: [x]) }
    }
  }
}
