internal import BigInt
internal import ParleyBase
internal import ParleyProgram

/// A result that a program reveals: look it up in a ``ProgramResult`` once the program has run.
public struct Revealed<Value: Sendable>: Sendable {
  /// As it is called in the disclosure statement.
  public let name: String
  let index: Int
  /// The disclosure of the bit that is 1 where there is no value.
  let missing: Int?
  let decode: @Sendable (Int?) -> Value
}

extension SecretScalar {
  /// Opens this value to `recipients`, and to nobody else. The only way out of a program.
  ///
  /// - Parameter name: of the result, unique in the program.
  public func reveal(
    to recipients: [String], as name: String, file: String = #fileID, line: Int = #line
  ) -> Revealed<Element> {
    let (index, _, scale) = formula.disclosed(
      Element.self, to: recipients, as: name, at: CallSite(file: file, line: line))
    // A scalar is always there; a handle of a program that is refused is never asked.
    return Revealed(name: name, index: index, missing: nil) { Element(openedUnits: $0 ?? 0, scale: scale) }
  }
}

extension OptionalScalar {
  /// Opens this value to `recipients`, if there is one, and one bit that says whether there is. Nothing is learnt
  /// about a value that is withheld.
  ///
  /// - Parameter name: of the result, unique in the program.
  public func reveal(
    to recipients: [String], as name: String, file: String = #fileID, line: Int = #line
  ) -> Revealed<Element?> {
    let (index, missing, scale) = formula.disclosed(
      Element.self, to: recipients, as: name, at: CallSite(file: file, line: line))
    return Revealed(name: name, index: index, missing: missing) {
      $0.map { Element(openedUnits: $0, scale: scale) }
    }
  }
}

extension SecretFormula {
  fileprivate func disclosed(
    _ type: (some SecretElement).Type, to recipients: [String], as name: String, at site: CallSite
  ) -> (index: Int, missing: Int?, scale: Int) {
    do {
      return try workshop.building("reveal(\(expression.text))", at: site) {
        try disclose(type, to: recipients, as: name, at: site)
      }
    } catch {
      return (-1, nil, 0)
    }
  }

  private func disclose(
    _ type: (some SecretElement).Type, to recipients: [String], as name: String, at site: CallSite
  ) throws(ParleyError) -> (index: Int, missing: Int?, scale: Int) {
    var value = try built(at: site)
    workshop.checkReveal(name: name, to: recipients, at: site)
    let range = workshop.builder.type(of: value.node).range
    guard range.signedWidth <= 64 else {
      throw ParleyError(
        .init("plan/overflow"), "\(name) can reach \(range), which needs \(range.signedWidth) bits; 64 are there",
        at: workshop.builder.origin.map { .init(item: $0) },
        remedy: "narrow the declared ranges of the columns involved, lower maximumRows, or reduce the scale")
    }
    // What a value would be where there is none is no business of the recipient.
    if let isPresent = value.isPresent {
      value.node =
        workshop.builder.type(of: value.node).isBit
        ? try workshop.builder.and(isPresent, value.node)
        : try workshop.builder.select(isPresent, value.node, workshop.builder.constant(0))
    }
    let record = value.isRecord ? " It is the value of one record, or follows from it." : ""
    let id = workshop.builder.disclose(
      .init(
        name: name, node: value.node, recipients: recipients,
        meaning: value.isRecord ? .recordValue : .statistic,
        explanation: "\(expression.text), over the rows of all holders together.\(record)"))
    var missing: Program.DisclosureID?
    if let isPresent = value.isPresent {
      missing = workshop.builder.disclose(
        .init(
          name: "\(name) is missing", node: try workshop.builder.not(isPresent), recipients: recipients,
          meaning: .outcome,
          explanation: "One bit: 1 where \(name) has no value, because no row takes part or it is withheld."))
    }
    let isBit = workshop.builder.type(of: value.node).isBit
    workshop.columns.append(
      .init(
        name: name, value: id, isNull: missing,
        format: isBit ? .boolean : value.scale == 0 ? .integer : .decimal(scale: value.scale),
        precision: "0"))
    return (id.rawValue, missing?.rawValue, value.scale)
  }
}
