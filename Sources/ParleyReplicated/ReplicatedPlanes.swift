internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyEngine

/// Local operations on bit planes. The results of one call share a buffer.
extension ReplicatedParty {
  /// `planes` planes of `count` elements in one buffer, filled by `body(index, lo, hi)`.
  private func makePlanes(
    _ planes: Int, count: Int,
    _ body: (Int, UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<UInt64>) -> Void
  ) -> [SharedPlane] {
    let words = Kernels.words(forBits: count)
    let storage = Storage<UInt64>(uninitialized: 2 * planes * words, pool: pool)
    var list: [SharedPlane] = []
    list.reserveCapacity(planes)
    for index in 0..<planes {
      let (lo, hi) = (index * words, (planes + index) * words)
      body(index, storage.pointer + lo, storage.pointer + hi)
      list.append(SharedPlane(storage, lo: lo, hi: hi, count: count))
    }
    return list
  }

  package func constantPlane(_ value: Bool, count: Int) -> SharedPlane {
    makePlanes(1, count: count) { _, lo, hi in
      Kernels.fill(lo, bit: value && holdsConstantLo ? 1 : 0, count: count)
      Kernels.fill(hi, bit: value && holdsConstantHi ? 1 : 0, count: count)
    }[0]
  }

  package func constantPlanes(_ bits: [[UInt64]], count: Int) -> [SharedPlane] {
    makePlanes(bits.count, count: count) { index, lo, hi in
      for word in bits[index].indices {
        lo[word] = holdsConstantLo ? bits[index][word] : 0
        hi[word] = holdsConstantHi ? bits[index][word] : 0
      }
    }
  }

  package func xor(pairs: [(SharedPlane, SharedPlane)], count: Int) -> [SharedPlane] {
    makePlanes(pairs.count, count: count) { index, lo, hi in
      let (first, second) = pairs[index]
      if first.count == count && second.count == count && count <= 64 {
        // Thousands of instructions of a study work on a handful of groups.
        guard count > 0 else { return }
        lo[0] = first.lo[0] ^ second.lo[0]
        hi[0] = first.hi[0] ^ second.hi[0]
        return
      }
      let a = first.operand(length: count)
      let b = second.operand(length: count)
      xorShare(a.lo, a.isRepeated, b.lo, b.isRepeated, into: lo, count: count)
      xorShare(a.hi, a.isRepeated, b.hi, b.isRepeated, into: hi, count: count)
    }
  }
  package func xor(_ a: SharedPlane, _ b: SharedPlane, count: Int) -> SharedPlane {
    xor(pairs: [(a, b)], count: count)[0]
  }

  private func xorShare(
    _ a: UnsafePointer<UInt64>, _ aIsRepeated: Bool, _ b: UnsafePointer<UInt64>, _ bIsRepeated: Bool,
    into out: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    let words = Kernels.words(forBits: count)
    if !aIsRepeated && !bIsRepeated {
      Kernels.xor(a, b, into: out, words: words)
    } else if aIsRepeated && bIsRepeated {
      Kernels.fill(out, bit: a[0] ^ b[0], count: count)
    } else {
      Kernels.xor(aIsRepeated ? b : a, mask: 0 &- ((aIsRepeated ? a : b)[0] & 1), into: out, words: words)
      Kernels.maskTail(out, count: count)
    }
  }

  /// Share 0 flips; the party that does not hold it has nothing to do.
  package func not(planes: [SharedPlane]) -> [SharedPlane] {
    guard party != 1, let count = planes.first?.count, planes.allSatisfy({ $0.count == count }) else {
      return party == 1 ? planes : planes.map { not($0) }
    }
    return makePlanes(planes.count, count: count) { index, lo, hi in
      let plane = planes[index]
      let flipped = holdsConstantLo ? (plane.lo, lo) : (plane.hi, hi)
      let kept = holdsConstantLo ? (plane.hi, hi) : (plane.lo, lo)
      Kernels.not(flipped.0, into: flipped.1, count: count)
      kept.1.update(from: kept.0, count: plane.words)
    }
  }
  package func not(_ a: SharedPlane) -> SharedPlane { not(planes: [a])[0] }

  package func stack(lists: [[SharedPlane]]) -> [SharedPlane] {
    let counts = lists.map { $0.reduce(0) { $0 + $1.count } }
    guard let count = counts.first, counts.allSatisfy({ $0 == count }) else {
      return lists.map { stack(lists: [$0])[0] }
    }
    return makePlanes(lists.count, count: count) { index, lo, hi in
      let words = Kernels.words(forBits: count)
      lo.update(repeating: 0, count: words)
      hi.update(repeating: 0, count: words)
      var at = 0
      for part in lists[index] {
        Kernels.insert(part.lo, count: part.count, into: lo, at: at)
        Kernels.insert(part.hi, count: part.count, into: hi, at: at)
        at += part.count
      }
    }
  }
  package func stack(planes: [SharedPlane]) -> SharedPlane { stack(lists: [planes])[0] }
  package func concatenate(planes parts: [SharedPlane]) -> SharedPlane { stack(lists: [parts])[0] }

  package func elements(planes: [SharedPlane], at position: Int) -> [SharedPlane] {
    makePlanes(planes.count, count: 1) { index, lo, hi in
      precondition(position >= 0 && position < planes[index].count, "no such element")
      lo[0] = Kernels.bit(planes[index].lo, at: position)
      hi[0] = Kernels.bit(planes[index].hi, at: position)
    }
  }
  package func element(_ a: SharedPlane, at index: Int) -> SharedPlane { elements(planes: [a], at: index)[0] }

  package func `repeat`(planes: [SharedPlane], count: Int) -> [SharedPlane] {
    makePlanes(planes.count, count: count) { index, lo, hi in
      precondition(planes[index].count == 1, "only one element can be repeated")
      Kernels.fill(lo, bit: planes[index].lo[0], count: count)
      Kernels.fill(hi, bit: planes[index].hi[0], count: count)
    }
  }
  package func `repeat`(_ a: SharedPlane, count: Int) -> SharedPlane { `repeat`(planes: [a], count: count)[0] }

  /// Whole words are the same buffer; what begins inside a word, or ends there before its plane does, is copied.
  package func slice(planes: [SharedPlane], start: Int, count: Int) -> [SharedPlane] {
    if start % 64 == 0, let whole = planes.first?.count, (start + count) % 64 == 0 || start + count == whole {
      return planes.map { plane in
        precondition(
          start >= 0 && count >= 0 && start + count <= plane.count && plane.count == whole, "no such elements")
        return SharedPlane(
          plane.storage, lo: plane.loStart + start / 64, hi: plane.hiStart + start / 64, count: count)
      }
    }
    return makePlanes(planes.count, count: count) { index, lo, hi in
      precondition(start >= 0 && count >= 0 && start + count <= planes[index].count, "no such elements")
      Kernels.slice(planes[index].lo, start: start, count: count, into: lo)
      Kernels.slice(planes[index].hi, start: start, count: count, into: hi)
    }
  }
  package func slice(_ a: SharedPlane, start: Int, count: Int) -> SharedPlane {
    slice(planes: [a], start: start, count: count)[0]
  }

  package func interleave(planes: [SharedPlane], count: Int) -> SharedPlane {
    if planes.count == 1 { return planes[0] }
    precondition(planes.allSatisfy { $0.count == count }, "planes of different lengths")
    return withExtendedLifetime(planes) {
      makePlanes(1, count: planes.count * count) { _, lo, hi in
        Kernels.interleave(planes.map(\.lo), count: count, into: lo)
        Kernels.interleave(planes.map(\.hi), count: count, into: hi)
      }[0]
    }
  }
}
