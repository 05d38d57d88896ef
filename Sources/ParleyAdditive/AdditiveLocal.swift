internal import ParleyAlgebra
package import ParleyBase
internal import ParleyCrypto
internal import ParleyEngine

/// Operations without a message: on one share as on the value, and public constants at party 0.
extension AdditiveEngine {
  // MARK: Words

  func newWords(_ count: Int) -> (storage: Storage<Word>, vector: Arith) {
    let storage = Storage<Word>(uninitialized: count, pool: pool)
    return (storage, AdditiveWords(storage, count: count))
  }

  package func constant(_ value: UInt64, count: Int) -> Arith { linear([], constant: value, count: count) }

  /// Terms of one element add up to one addend first.
  package func linear(_ terms: [(Arith, UInt64)], constant: UInt64, count: Int) -> Arith {
    let (storage, result) = newWords(count)
    let out = storage.pointer
    var addend: Word = isFirst ? Word(truncatingIfNeeded: constant) : 0
    var whole: [(Arith, Word)] = []
    for (term, factor) in terms {
      precondition(term.count == count || term.count == 1, "operand of another length")
      let factor = Word(truncatingIfNeeded: factor)
      if term.count == 1 {
        addend &+= term.pointer[0] &* factor
      } else {
        whole.append((term, factor))
      }
    }
    withExtendedLifetime(whole) {
      guard let first = whole.first else {
        out.update(repeating: addend, count: count)
        return
      }
      Word.affine(first.0.pointer, factor: first.1, addend: addend, into: out, count: count)
      for (term, factor) in whole.dropFirst() {
        Word.accumulate(term.pointer, factor: factor, into: out, count: count)
      }
    }
    return result
  }

  package func sum(_ a: Arith) -> Arith {
    let (storage, result) = newWords(1)
    storage.pointer[0] = withExtendedLifetime(a) { Word.sum(a.pointer, count: a.count) }
    return result
  }
  package func runningSum(_ a: Arith) -> Arith {
    let (storage, result) = newWords(a.count)
    var total: Word = 0
    withExtendedLifetime(a) {
      for index in 0..<a.count {
        total &+= a.pointer[index]
        storage.pointer[index] = total
      }
    }
    return result
  }
  package func stack(_ parts: [Arith]) -> Arith {
    let (storage, result) = newWords(parts.reduce(0) { $0 + $1.count })
    var at = storage.pointer
    withExtendedLifetime(parts) {
      for part in parts {
        at.update(from: part.pointer, count: part.count)
        at += part.count
      }
    }
    return result
  }
  package func concatenate(_ parts: [Arith]) -> Arith { stack(parts) }
  package func element(_ a: Arith, at index: Int) -> Arith {
    precondition(index >= 0 && index < a.count, "no such element")
    return AdditiveWords(a.storage, start: a.start + index, count: 1)
  }
  package func slice(words: [Arith], start: Int, count: Int) -> [Arith] {
    words.map { vector in
      precondition(start >= 0 && count >= 0 && start + count <= vector.count, "no such elements")
      return AdditiveWords(vector.storage, start: vector.start + start, count: count)
    }
  }

  // MARK: Planes

  /// `planes` planes of `count` elements in one buffer, filled by `body`.
  private func makePlanes(
    _ planes: Int, count: Int, _ body: (Int, UnsafeMutablePointer<UInt64>) -> Void
  ) -> [Plane] {
    let words = Kernels.words(forBits: count)
    let storage = Storage<UInt64>(uninitialized: planes * words, pool: pool)
    return (0..<planes).map { index in
      body(index, storage.pointer + index * words)
      return AdditivePlane(storage, start: index * words, count: count)
    }
  }

  package func constantPlane(_ value: Bool, count: Int) -> Plane {
    makePlanes(1, count: count) { _, out in Kernels.fill(out, bit: value && isFirst ? 1 : 0, count: count) }[0]
  }
  package func constantPlanes(_ bits: [[UInt64]], count: Int) -> [Plane] {
    makePlanes(bits.count, count: count) { index, out in
      for word in bits[index].indices { out[word] = isFirst ? bits[index][word] : 0 }
    }
  }
  /// Each party XORs in what only it knows.
  package func randomPlanes(_ planes: Int, count: Int, step: StepID) throws(ParleyError) -> [Plane] {
    let layout = PlaneLayout(planes: planes, count: count)
    let stream = try ownBits.stream(step)
    let storage = stream.words(layout.words, pool: pool)
    layout.maskTails(storage.pointer, 0..<layout.words)
    return layout.planes(of: storage)
  }

  package func xor(pairs: [(Plane, Plane)], count: Int) -> [Plane] {
    withExtendedLifetime(pairs) {
      makePlanes(pairs.count, count: count) { index, out in
        let (a, b) = pairs[index]
        precondition(
          (a.count == count || a.count == 1) && (b.count == count || b.count == 1), "operand of another length")
        let words = Kernels.words(forBits: count)
        switch (a.count == count, b.count == count) {
        case (true, true): Kernels.xor(a.pointer, b.pointer, into: out, words: words)
        case (false, false): Kernels.fill(out, bit: a.pointer[0] ^ b.pointer[0], count: count)
        case (let isWhole, _):
          let (whole, single) = isWhole ? (a, b) : (b, a)
          Kernels.xor(whole.pointer, mask: 0 &- (single.pointer[0] & 1), into: out, words: words)
          Kernels.maskTail(out, count: count)
        }
      }
    }
  }
  package func xor(_ a: Plane, _ b: Plane, count: Int) -> Plane { xor(pairs: [(a, b)], count: count)[0] }
  package func not(_ a: Plane) -> Plane {
    guard isFirst else { return a }
    return withExtendedLifetime(a) {
      makePlanes(1, count: a.count) { _, out in Kernels.not(a.pointer, into: out, count: a.count) }[0]
    }
  }
  package func stack(planes: [Plane]) -> Plane {
    withExtendedLifetime(planes) {
      let count = planes.reduce(0) { $0 + $1.count }
      return makePlanes(1, count: count) { _, out in
        out.update(repeating: 0, count: Kernels.words(forBits: count))
        var at = 0
        for part in planes {
          Kernels.insert(part.pointer, count: part.count, into: out, at: at)
          at += part.count
        }
      }[0]
    }
  }
  package func concatenate(planes parts: [Plane]) -> Plane { stack(planes: parts) }
  package func element(_ a: Plane, at index: Int) -> Plane {
    precondition(index >= 0 && index < a.count, "no such element")
    return withExtendedLifetime(a) {
      makePlanes(1, count: 1) { _, out in out[0] = Kernels.bit(a.pointer, at: index) }[0]
    }
  }
  package func `repeat`(_ a: Plane, count: Int) -> Plane {
    precondition(a.count == 1, "only one element can be repeated")
    return withExtendedLifetime(a) {
      makePlanes(1, count: count) { _, out in Kernels.fill(out, bit: a.pointer[0], count: count) }[0]
    }
  }
  /// Whole words are the same buffer.
  package func slice(_ a: Plane, start: Int, count: Int) -> Plane {
    precondition(start >= 0 && count >= 0 && start + count <= a.count, "no such elements")
    if start % 64 == 0, (start + count) % 64 == 0 || start + count == a.count {
      return AdditivePlane(a.storage, start: a.start + start / 64, count: count)
    }
    return withExtendedLifetime(a) {
      makePlanes(1, count: count) { _, out in Kernels.slice(a.pointer, start: start, count: count, into: out) }[0]
    }
  }

  package func interleave(planes: [Plane], count: Int) -> Plane {
    if planes.count == 1 { return planes[0] }
    precondition(planes.allSatisfy { $0.count == count }, "planes of different lengths")
    return withExtendedLifetime(planes) {
      makePlanes(1, count: planes.count * count) { _, out in
        Kernels.interleave(planes.map(\.pointer), count: count, into: out)
      }[0]
    }
  }

  // MARK: Rows

  package func gather(
    words: [Arith], planes: [Plane], by order: [Int32]
  ) -> (words: [Arith], planes: [Plane]) {
    let rows = words.first?.count ?? planes.first?.count ?? 0
    precondition(
      words.allSatisfy { $0.count == rows } && planes.allSatisfy { $0.count == rows },
      "columns of different lengths")
    precondition(order.allSatisfy { $0 >= 0 && Int($0) < rows }, "no such element")
    let count = order.count
    let moved = Storage<Word>(uninitialized: words.count * count, pool: pool)
    let layout = PlaneLayout(planes: planes.count, count: count)
    let bits = Storage<UInt64>(uninitialized: layout.words, pool: pool)
    // One place more, so that there is an address even for no elements.
    (order + [0]).withUnsafeBufferPointer { places in
      places.withMemoryRebound(to: UInt32.self) { indices in
        guard let indices = indices.baseAddress else { return }
        withExtendedLifetime((words, planes)) {
          for (index, column) in words.enumerated() {
            WordConversion<Word>.gather(
              column.pointer, by: indices, into: moved.pointer + index * count, count: count)
          }
          if !planes.isEmpty {
            PlaneMover(indices, from: rows, to: count, pool: pool).move(
              planes.map(\.pointer), into: layout.starts(bits.pointer))
          }
        }
      }
    }
    return (
      words.indices.map { AdditiveWords(moved, start: $0 * count, count: count) }, layout.planes(of: bits)
    )
  }
}

extension PlaneLayout {
  func planes(of storage: Storage<UInt64>, from first: Int = 0) -> [AdditivePlane] {
    (0..<planes).map { AdditivePlane(storage, start: first + $0 * wordsPerPlane, count: count) }
  }
}
