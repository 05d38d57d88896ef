package import ParleyBase
internal import ParleyProgram

/// The words of an engine that has none (``EngineDescriptor/hasWords``): there is no value of this type.
package enum NoWords {}

/// Programs for such engines have no operation on words, so none of these is reached. Of a shuffle, a gather and an opening
/// only the planes are left to the engine.
extension Engine where Arith == NoWords {
  package func constant(_ value: UInt64, count: Int) -> NoWords { unreachable() }
  package func linear(_ terms: [(NoWords, UInt64)], constant: UInt64, count: Int) -> NoWords { unreachable() }
  package func sum(_ a: NoWords) -> NoWords {}
  package func stack(_ parts: [NoWords]) -> NoWords { unreachable() }
  package func element(_ a: NoWords, at index: Int) -> NoWords {}
  package func runningSum(_ a: NoWords) -> NoWords {}
  package func concatenate(_ parts: [NoWords]) -> NoWords { unreachable() }
  package func slice(words: [NoWords], start: Int, count: Int) -> [NoWords] { [] }

  package func receiveArith(from holder: PartyIndex, count: Int, step: StepID) throws(ParleyError) -> NoWords {
    throw noWords
  }
  package func openMasked(
    _ value: NoWords, mask: consuming FreshMask<NoWords>, step: StepID
  ) throws(ParleyError) -> [UInt64] {}
  package func freshMask(count: Int, step: StepID) throws(ParleyError) -> FreshMask<NoWords> { throw noWords }

  /// What an exchange of words ends with.
  package var noWords: ParleyError {
    ParleyError(
      .invariant, "an operation on ring words reached \(descriptor.name), which has none",
      remedy: "report this: the program was lowered for another engine")
  }
  private func unreachable() -> NoWords { preconditionFailure("\(descriptor.name) has no ring words") }
}
