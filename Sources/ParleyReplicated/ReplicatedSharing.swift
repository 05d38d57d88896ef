package import ParleyAlgebra
package import ParleyBase
package import ParleyEngine
package import ParleyNetwork

/// What all engines on replicated shares have in common, whatever adversary they withstand: the vectors and
/// everything that needs no communication.
///
/// Public constants enter at share 0, which P_0 holds as lo and P_2 as hi.
package protocol ReplicatedSharing: Engine where Arith == SharedWords<Word>, Plane == SharedPlane {
  associatedtype Word: RingWord
  /// This party, 0 to 2.
  var party: Int { get }
  var mesh: any Mesh { get }
  var pool: BufferPool { get }
}

extension ReplicatedSharing {
  var holdsConstantLo: Bool { party == 0 }
  var holdsConstantHi: Bool { party == 2 }

  func newWords(_ count: Int) -> (storage: Storage<Word>, vector: Arith) {
    let storage = Storage<Word>(uninitialized: 2 * count, pool: pool)
    return (storage, SharedWords(storage, lo: 0, hi: count, count: count))
  }

  package func constant(_ value: UInt64, count: Int) -> Arith {
    linear([], constant: value, count: count)
  }

  package func linear(_ terms: [(Arith, UInt64)], constant: UInt64, count: Int) -> Arith {
    let (storage, result) = newWords(count)
    let constant = Word(truncatingIfNeeded: constant)
    let lo = holdsConstantLo ? constant : 0
    let hi = holdsConstantHi ? constant : 0
    combine(terms, takesHi: false, constant: lo, count: count, into: storage.pointer)
    combine(terms, takesHi: true, constant: hi, count: count, into: storage.pointer + count)
    return result
  }

  /// One of the two shares of a linear combination. Terms of one element add up to one addend first.
  private func combine(
    _ terms: [(Arith, UInt64)], takesHi: Bool, constant: Word, count: Int,
    into out: UnsafeMutablePointer<Word>
  ) {
    var addend = constant
    var whole: [(UnsafePointer<Word>, Word)] = []
    for (term, factor) in terms {
      precondition(term.count == count || term.count == 1, "operand of another length")
      let factor = Word(truncatingIfNeeded: factor)
      let share = takesHi ? term.hi : term.lo
      if term.count == 1 {
        addend &+= share[0] &* factor
      } else {
        whole.append((share, factor))
      }
    }
    guard let first = whole.first else {
      out.update(repeating: addend, count: count)
      return
    }
    if whole.count == 2, addend == 0, first.1 == 1, whole[1].1 == 1 {
      Word.add(first.0, whole[1].0, into: out, count: count)
    } else if whole.count == 2, addend == 0, first.1 == 1, whole[1].1 == Word.max {
      Word.subtract(first.0, whole[1].0, into: out, count: count)
    } else {
      Word.affine(first.0, factor: first.1, addend: addend, into: out, count: count)
      for (pointer, factor) in whole.dropFirst() {
        Word.accumulate(pointer, factor: factor, into: out, count: count)
      }
    }
  }

  package func sum(_ a: Arith) -> Arith {
    let (storage, result) = newWords(1)
    storage.pointer[0] = Word.sum(a.lo, count: a.count)
    storage.pointer[1] = Word.sum(a.hi, count: a.count)
    return result
  }

  package func stack(_ parts: [Arith]) -> Arith {
    let count = parts.reduce(0) { $0 + $1.count }
    let (storage, result) = newWords(count)
    var at = storage.pointer
    for part in parts {
      at.update(from: part.lo, count: part.count)
      (at + count).update(from: part.hi, count: part.count)
      at += part.count
    }
    return result
  }

  package func concatenate(_ parts: [Arith]) -> Arith { stack(parts) }

  package func element(_ a: Arith, at index: Int) -> Arith {
    precondition(index >= 0 && index < a.count, "no such element")
    let (storage, result) = newWords(1)
    storage.pointer[0] = a.lo[index]
    storage.pointer[1] = a.hi[index]
    return result
  }
}
