package import ParleyAlgebra
package import ParleyBase
package import ParleyNetwork

/// Vectors as messages, in chunks, so that sending one overlaps with computing the next.
extension MessageLinks {
  /// Sends `count` words in chunks; `prepare` makes each chunk ready before it is copied out.
  package func sendWords<Word: RingWord>(
    _ words: UnsafePointer<Word>, count: Int, to party: PartyIndex, step: StepID, chunk: Int? = nil,
    prepare: (Range<Int>) -> Void = { _ in }
  ) throws(ParleyError) {
    let size = MemoryLayout<Word>.size
    for (index, range) in chunks(of: count, size: chunk ?? PlaneLayout.chunkWords).enumerated() {
      try send(step: step.chunk(index), to: party, byteCount: range.count * size) { target in
        prepare(range)
        target.copyMemory(from: UnsafeRawBufferPointer(start: words + range.lowerBound, count: range.count * size))
      }
    }
  }

  /// Receives `count` words that were sent in the same chunks.
  package func receiveWords<Word: RingWord>(
    into words: UnsafeMutablePointer<Word>, count: Int, from party: PartyIndex, step: StepID,
    chunk: Int? = nil
  ) throws(ParleyError) {
    let size = MemoryLayout<Word>.size
    for (index, range) in chunks(of: count, size: chunk ?? PlaneLayout.chunkWords).enumerated() {
      try receive(
        step: step.chunk(index), from: party,
        into: UnsafeMutableRawBufferPointer(start: words + range.lowerBound, count: range.count * size))
    }
  }

  /// Sends planes in chunks, each packed to whole bytes; `prepare` makes each chunk ready before it is packed.
  package func sendPlanes(
    _ words: UnsafePointer<UInt64>, _ layout: PlaneLayout, to party: PartyIndex, step: StepID,
    prepare: (Range<Int>) -> Void = { _ in }
  ) throws(ParleyError) {
    for (index, range) in chunks(of: layout.words).enumerated() {
      try send(step: step.chunk(index), to: party, byteCount: layout.bytes(range)) { target in
        prepare(range)
        layout.pack(words, range, to: target)
      }
    }
  }

  /// Receives planes into their memory form. Bits past the end of a plane that are not zero are no encoding
  /// that a party of this protocol produces.
  package func receivePlanes(
    into words: UnsafeMutablePointer<UInt64>, _ layout: PlaneLayout, from party: PartyIndex, step: StepID
  ) throws(ParleyError) {
    for (index, range) in chunks(of: layout.words).enumerated() {
      let target = UnsafeMutableRawBufferPointer(start: words + range.lowerBound, count: layout.bytes(range))
      try receive(step: step.chunk(index), from: party, into: target)
      guard layout.unpack(words, range) else {
        throw ParleyError(
          .protocolViolation, "bits came past the end of a plane", origin: .init(party, step))
      }
    }
  }
}
