internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyNetwork

/// Vectors as messages, in chunks, so that sending one overlaps with computing the next.
extension ReplicatedParty {
  var chunkElements: Int { PlaneLayout.chunkWords }

  /// Sends `count` words in chunks; `prepare` makes each chunk ready before it is copied out.
  func sendWords<Word: RingWord>(
    _ words: UnsafePointer<Word>, count: Int, to party: PartyIndex, step: StepID, chunk: Int? = nil,
    prepare: (Range<Int>) -> Void = { _ in }
  ) throws(ParleyError) {
    let size = MemoryLayout<Word>.size
    for (index, range) in chunks(of: count, size: chunk ?? chunkElements).enumerated() {
      try mesh.send(step: step.chunk(index), to: party, byteCount: range.count * size) { target in
        prepare(range)
        target.copyMemory(from: UnsafeRawBufferPointer(start: words + range.lowerBound, count: range.count * size))
      }
    }
  }

  func receiveWords<Word: RingWord>(
    into words: UnsafeMutablePointer<Word>, count: Int, from party: PartyIndex, step: StepID,
    chunk: Int? = nil
  ) throws(ParleyError) {
    let size = MemoryLayout<Word>.size
    for (index, range) in chunks(of: count, size: chunk ?? chunkElements).enumerated() {
      try mesh.receive(
        step: step.chunk(index), from: party,
        into: UnsafeMutableRawBufferPointer(start: words + range.lowerBound, count: range.count * size))
    }
  }

  func sendPlanes(
    _ words: UnsafePointer<UInt64>, _ layout: PlaneLayout, to party: PartyIndex, step: StepID,
    prepare: (Range<Int>) -> Void = { _ in }
  ) throws(ParleyError) {
    for (index, range) in chunks(of: layout.words).enumerated() {
      try mesh.send(step: step.chunk(index), to: party, byteCount: layout.bytes(range)) { target in
        prepare(range)
        layout.pack(words, range, to: target)
      }
    }
  }

  func receivePlanes(
    into words: UnsafeMutablePointer<UInt64>, _ layout: PlaneLayout, from party: PartyIndex, step: StepID
  ) throws(ParleyError) {
    try mesh.receivePlanes(into: words, layout, from: party, step: step)
  }
}

extension Mesh {
  /// Receives planes into their memory form. Bits past the end of a plane that are not zero are no encoding
  /// that a party of this protocol produces.
  func receivePlanes(
    into words: UnsafeMutablePointer<UInt64>, _ layout: PlaneLayout, from party: PartyIndex, step: StepID
  ) throws(ParleyError) {
    for (index, range) in chunks(of: layout.words).enumerated() {
      let target = UnsafeMutableRawBufferPointer(start: words + range.lowerBound, count: layout.bytes(range))
      try receive(step: step.chunk(index), from: party, into: target)
      guard layout.unpack(words, range) else {
        let violation = ParleyError(
          .protocolViolation, "\(party) sent bits past the end of a plane", at: .init(item: step.description))
        abort(violation)
        throw violation
      }
    }
  }
}

/// Words to the 64-bit words of the engine contract and back, without a loop in the production ring.
enum WordConversion<Word: RingWord> {
  static func narrow(_ source: UnsafePointer<UInt64>, into target: UnsafeMutablePointer<Word>, count: Int) {
    if Word.self == UInt64.self {
      UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: count * 8)
    } else {
      for e in 0..<count { target[e] = Word(truncatingIfNeeded: source[e]) }
    }
  }

  static func widen(_ storage: Storage<Word>, count: Int) -> [UInt64] {
    let source = UnsafePointer(storage.pointer)
    return [UInt64](unsafeUninitializedCapacity: count) { target, initialized in
      if Word.self == UInt64.self, let base = target.baseAddress {
        UnsafeMutableRawPointer(base).copyMemory(from: source, byteCount: count * 8)
      } else {
        for e in 0..<count { target.initializeElement(at: e, to: UInt64(source[e])) }
      }
      initialized = count
    }
  }

  /// out = source >> bits, as unsigned words; `bits` is less than the width.
  static func shiftRight(
    _ source: UnsafePointer<Word>, by bits: Int, into target: UnsafeMutablePointer<Word>, count: Int
  ) {
    if Word.self == UInt64.self {
      // The same type under its own name, so that the loop is compiled for it.
      let from = UnsafeRawPointer(source).assumingMemoryBound(to: UInt64.self)
      let to = UnsafeMutableRawPointer(target).assumingMemoryBound(to: UInt64.self)
      let shift = UInt64(bits)
      for e in 0..<count { to[e] = from[e] &>> shift }
    } else {
      for e in 0..<count { target[e] = source[e] >> Word(bits) }
    }
  }
}
