internal import ParleyBase
internal import ParleyEngine
internal import ParleyNetwork
internal import ParleyProgram

extension Conformance {
  /// Rows in a public order, with repetitions and gaps.
  package func gathers() throws {
    for count in lengths {
      for planes in count <= 1000 ? [1, 3, 67] : [2] {
        for length in Set([0, 1, count, 2 * count + 3]).sorted() where count > 0 || length == 0 {
          var random = random(10, UInt64(count), UInt64(planes), UInt64(length))
          let words = (0..<(hasWords ? 2 : 0)).map { _ in randomWords(count, using: &random) }
          let bits = (0..<planes).map { _ in random.bits(count) }
          let order = (0..<length).map { _ in Int32(random.next() % UInt64(count)) }
          let name = "gather \(length) of \(count), \(planes) planes"
          let values = try evaluate(name, Operands(words: words, bits: bits)) { _, engine, w, p in
            let moved = engine.gather(words: w, planes: p, by: order)
            return moved.words.map { .arith($0, count: length) }
              + moved.planes.map { .planes([$0], count: length) }
          }
          try expect(
            name, Array(values.prefix(words.count)), words: words.map { column in order.map { column[Int($0)] } })
          try expect(
            name, Array(values.dropFirst(words.count)), bits: bits.map { plane in order.map { plane[Int($0)] } })
        }
      }
    }
  }

  /// Bits that nobody knows are a sharing, about half of them are set, and those of two planes and steps differ.
  package func randomBits() throws {
    for count in lengths where count > 0 {
      let name = "random bits \(count)"
      let values = try evaluate(name, Operands()) { _, engine, _, _ in
        let first = try engine.randomPlanes(2, count: count, step: .init(instruction: 100))
        let second = try engine.randomPlanes(1, count: count, step: .init(instruction: 101))
        return (first + second).map { .planes([$0], count: count) }
      }
      var planes: [[UInt64]] = []
      for value in values {
        guard case .planes(let list, count) = value, list.count == 1 else { throw fail(name + ": kind") }
        planes.append(list[0])
        let set = list[0].reduce(0) { $0 + $1.nonzeroBitCount }
        // But for 2^-60: eight standard deviations and more.
        guard count < 100 || abs(2 * set - count) < 10 * Int(Double(count).squareRoot()) else {
          throw fail(name + ": \(set) are set")
        }
        guard count % 64 == 0 || list[0][count / 64] >> UInt64(count % 64) == 0 else {
          throw fail(name + ": bits past the end")
        }
      }
      guard planes.count == 3, count < 63 || Set(planes).count == 3 else { throw fail(name + ": two are equal") }
    }
  }

  /// The rows after three passes are those before, each whole; and a long table is not in its old order.
  package func shuffles() throws {
    var shapes = lengths.filter { $0 <= 1000 }.map { (rows: $0, words: 2, planes: 3) }
    shapes += [0, 1, 2, 3, 65].map { (rows: $0, words: 1, planes: 0) }
    shapes += [1, 7, 8, 63, 64, 65, 130].map { (rows: 65, words: 0, planes: $0) }
    if let longest = lengths.max(), longest > 1000 { shapes.append((rows: longest, words: 1, planes: 2)) }
    if !hasWords { shapes = shapes.map { ($0.rows, 0, $0.planes) } }
    for (rows, wordCount, planeCount) in shapes {
      var random = random(11, UInt64(rows), UInt64(planeCount))
      let words = (0..<wordCount).map { _ in randomWords(rows, using: &random) }
      let bits = (0..<planeCount).map { _ in random.bits(rows) }
      let name = "shuffle of \(rows) rows, \(wordCount) words and \(planeCount) planes"
      let values = try evaluate(name, Operands(words: words, bits: bits)) { party, _, w, p in
        var columns = (words: w, planes: p)
        for pass in 0..<3 {
          let result = try party.exchange(
            .shufflePass(pass, words: columns.words, planes: columns.planes, count: rows),
            step: .init(instruction: 100))
          guard case .shuffled(let words, let planes) = result, words.count == w.count, planes.count == p.count
          else { throw fail(name + ": kind") }
          columns = (words, planes)
        }
        return columns.words.map { .arith($0, count: rows) } + columns.planes.map { .planes([$0], count: rows) }
      }
      guard values.count == wordCount + planeCount else { throw fail(name + ": \(values.count) results") }
      let before = (0..<rows).map { row in
        words.map { $0[row] } + bits.map { $0[row] ? 1 : 0 }
      }
      let after = (0..<rows).map { row in
        values.map { value -> UInt64 in
          switch value {
          case .words(let list): list[row]
          case .planes(let list, _): list[0][row / 64] >> UInt64(row % 64) & 1
          }
        }
      }
      func sorted(_ list: [[UInt64]]) -> [[UInt64]] { list.sorted { $0.lexicographicallyPrecedes($1) } }
      guard sorted(before) == sorted(after) else { throw fail(name + ": other rows") }
      if rows >= 63, wordCount > 0 || planeCount > 2, before == after { throw fail(name + ": the old order") }
    }
  }
}
