package import ParleyBase
package import ParleyClear
internal import ParleyEngine
internal import ParleyNetwork

/// What needs no messages, and inputs, as in the clear.
extension InsecureFailStopEngine {
  package func constant(_ value: UInt64, count: Int) -> ClearWords { own.constant(value, count: count) }
  package func constantPlane(_ value: Bool, count: Int) -> ClearBits { own.constantPlane(value, count: count) }
  package func constantPlanes(_ bits: [[UInt64]], count: Int) -> [ClearBits] {
    own.constantPlanes(bits, count: count)
  }
  package func randomPlanes(_ planes: Int, count: Int, step: StepID) throws(ParleyError) -> [ClearBits] {
    try own.randomPlanes(planes, count: count, step: step)
  }
  package func linear(_ terms: [(ClearWords, UInt64)], constant: UInt64, count: Int) -> ClearWords {
    own.linear(terms, constant: constant, count: count)
  }
  package func sum(_ a: ClearWords) -> ClearWords { own.sum(a) }
  package func stack(_ parts: [ClearWords]) -> ClearWords { own.stack(parts) }
  package func element(_ a: ClearWords, at index: Int) -> ClearWords { own.element(a, at: index) }
  package func runningSum(_ a: ClearWords) -> ClearWords { own.runningSum(a) }
  package func xor(_ a: ClearBits, _ b: ClearBits, count: Int) -> ClearBits { own.xor(a, b, count: count) }
  package func not(_ a: ClearBits) -> ClearBits { own.not(a) }
  package func stack(planes: [ClearBits]) -> ClearBits { own.stack(planes: planes) }
  package func element(_ a: ClearBits, at index: Int) -> ClearBits { own.element(a, at: index) }
  package func `repeat`(_ a: ClearBits, count: Int) -> ClearBits { own.repeat(a, count: count) }
  package func slice(_ a: ClearBits, start: Int, count: Int) -> ClearBits {
    own.slice(a, start: start, count: count)
  }
  package func gather(
    words: [ClearWords], planes: [ClearBits], by order: [Int32]
  ) -> (words: [ClearWords], planes: [ClearBits]) { own.gather(words: words, planes: planes, by: order) }
  package func concatenate(_ parts: [ClearWords]) -> ClearWords { own.concatenate(parts) }
  package func concatenate(planes parts: [ClearBits]) -> ClearBits { own.concatenate(planes: parts) }

  package func receiveArith(
    from holder: PartyIndex, count: Int, step: StepID
  ) throws(ParleyError) -> ClearWords { try own.receiveArith(from: holder, count: count, step: step) }
  package func receivePlanes(
    from holder: PartyIndex, planes: Int, count: Int, step: StepID
  ) throws(ParleyError) -> [ClearBits] {
    try own.receivePlanes(from: holder, planes: planes, count: count, step: step)
  }
}
