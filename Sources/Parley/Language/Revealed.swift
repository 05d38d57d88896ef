internal import BigInt
internal import ParleyBase
internal import ParleyProgram

/// A result that a program reveals: look it up in a ``ProgramResult`` once the program has run.
public struct Revealed<Value: Sendable>: Sendable {
  /// Name of the result, as the disclosure statement calls it.
  public let name: String
  let index: Int
  /// The disclosure of the bit that is 1 where there is no value.
  let missing: Int?
  let decode: @Sendable (Int?) -> Value
}

extension SecretScalar {
  /// Opens this value to `recipients`, and to nobody else. The only way out of a program.
  ///
  /// Under a minimum of the program, one more bit says whether the value is withheld; nothing is then learnt about it.
  ///
  /// - Parameters:
  ///   - recipients: names of parties of the program.
  ///   - name: of the result, unique in the program; how the disclosure statement calls it.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  /// - Returns: the handle by which a ``ProgramResult`` has the value; nil in it where there is none or it is withheld.
  public func reveal(
    to recipients: [String], as name: String, file: String = #fileID, line: Int = #line
  ) -> Revealed<Element?> {
    formula.revealed(to: recipients, as: name, at: CallSite(file: file, line: line))
  }
}

extension OptionalScalar {
  /// Opens this value to `recipients`, if there is one, and one bit that says whether there is. Nothing is learnt
  /// about a value that is withheld.
  ///
  /// - Parameters:
  ///   - recipients: names of parties of the program.
  ///   - name: of the result, unique in the program; how the disclosure statement calls it.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  /// - Returns: the handle by which a ``ProgramResult`` has the value; nil in it where there is none or it is withheld.
  public func reveal(
    to recipients: [String], as name: String, file: String = #fileID, line: Int = #line
  ) -> Revealed<Element?> {
    formula.revealed(to: recipients, as: name, at: CallSite(file: file, line: line))
  }
}

extension SecretFormula {
  fileprivate func revealed<Element: SecretElement>(
    to recipients: [String], as name: String, at site: CallSite
  ) -> Revealed<Element?> {
    do {
      let reveal = try workshop.building("reveal(\(expression.text))", at: site) {
        try pending(to: recipients, as: name, at: site)
      }
      workshop.keep(reveal)
      let scale = reveal.value.scale
      return Revealed(name: name, index: reveal.index, missing: reveal.missing) {
        $0.map { Element(openedUnits: $0, scale: scale) }
      }
    } catch {
      // A handle of a program that is refused is never asked.
      return Revealed(name: name, index: -1, missing: nil) { _ in nil }
    }
  }

  private func pending(
    to recipients: [String], as name: String, at site: CallSite
  ) throws(ParleyError) -> PendingReveal {
    var value = try built(at: site)
    workshop.checkReveal(name: name, to: recipients, at: site)
    let range = workshop.builder.type(of: value.node).range
    guard range.signedWidth <= 64 else {
      throw ParleyError(
        .init("plan/overflow"), "\(name) can reach \(range), which needs \(range.signedWidth) bits; 64 are there",
        at: workshop.builder.origin.map { .init(item: $0) },
        remedy: "narrow the declared ranges of the columns involved, lower maximumRows, or reduce the scale")
    }
    var reductions: [Program.NodeID] = []
    if workshop.minimum > 1 {
      reductions = workshop.protectedReductions(under: [value.node] + [value.isPresent].compactMap(\.self))
    }
    if reductions.isEmpty { value.node = try workshop.builder.shown(value.node, where: value.isPresent) }
    let index = workshop.nextDisclosure
    let hasBit = value.isPresent != nil || !reductions.isEmpty
    return PendingReveal(
      name: name, recipients: recipients, text: expression.text, value: value, reductions: reductions,
      index: index,
      missing: hasBit ? index + 1 : nil)
  }
}
