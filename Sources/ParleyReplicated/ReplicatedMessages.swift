internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyEngine
internal import ParleyNetwork

/// Vectors as messages, in chunks, so that sending one overlaps with computing the next.
extension ReplicatedParty {
  var chunkElements: Int { PlaneLayout.chunkWords }

  func sendWords<Word: RingWord>(
    _ words: UnsafePointer<Word>, count: Int, to party: PartyIndex, step: StepID, chunk: Int? = nil,
    prepare: (Range<Int>) -> Void = { _ in }
  ) throws(ParleyError) {
    try mesh.sendWords(words, count: count, to: party, step: step, chunk: chunk, prepare: prepare)
  }

  func receiveWords<Word: RingWord>(
    into words: UnsafeMutablePointer<Word>, count: Int, from party: PartyIndex, step: StepID,
    chunk: Int? = nil
  ) throws(ParleyError) {
    try mesh.receiveWords(into: words, count: count, from: party, step: step, chunk: chunk)
  }

  func sendPlanes(
    _ words: UnsafePointer<UInt64>, _ layout: PlaneLayout, to party: PartyIndex, step: StepID,
    prepare: (Range<Int>) -> Void = { _ in }
  ) throws(ParleyError) {
    try mesh.sendPlanes(words, layout, to: party, step: step, prepare: prepare)
  }

  func receivePlanes(
    into words: UnsafeMutablePointer<UInt64>, _ layout: PlaneLayout, from party: PartyIndex, step: StepID
  ) throws(ParleyError) {
    try mesh.receivePlanes(into: words, layout, from: party, step: step)
  }
}
