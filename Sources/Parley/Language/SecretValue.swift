internal import ParleyBase
internal import ParleyProgram

/// A value that no party can see: a ``SecretColumn`` or a ``SecretScalar``.
///
/// Secrets have no description, cannot be compared with Swift's `==`, `<` into a `Bool` and steer no control flow:
/// `age < 30` is again a secret, so `if age < 30` does not compile. The only way out is
/// ``SecretScalar/reveal(to:as:file:line:)``.
public protocol SecretValue<Element> {
  /// What the value is, or would be if somebody saw it.
  associatedtype Element: SecretElement
  /// Conditions on values of this shape: what comparisons give.
  associatedtype Bits: SecretValue<Bool>
  /// Decimal numbers of this shape: what ``divided(by:places:file:line:)`` gives.
  associatedtype Decimals: SecretValue<FixedPoint>
  /// What the value is computed from.
  var formula: SecretFormula { get }
  /// A value of a formula; for the library's own use.
  init(formula: SecretFormula)
}

/// What a secret is computed from: operations and columns, and no values. Opaque.
public struct SecretFormula {
  let workshop: Workshop
  let expression: ProgramFormula

  init(_ workshop: Workshop, _ expression: ProgramFormula) {
    self.workshop = workshop
    self.expression = expression.bounded(in: workshop)
  }

  func built(at site: CallSite? = nil) throws(ParleyError) -> BuiltValue {
    try expression.built(in: workshop, at: site)
  }

  /// A formula over others of the same program.
  ///
  /// - Parameter workshop: of the program, where there may be no operands.
  static func over(
    _ operands: [SecretFormula], _ text: String, in workshop: Workshop? = nil,
    _ build: @escaping ProgramFormula.Build
  ) -> SecretFormula {
    let workshop = workshop ?? operands[0].workshop
    let expressions = operands.map(\.expression)
    let isMixed = operands.contains { $0.workshop !== workshop }
    return SecretFormula(
      workshop,
      ProgramFormula(text, over: expressions) { workshop in
        guard !isMixed else {
          throw ParleyError(
            .init("plan/two-programs"), "values of two programs meet in \(text)",
            at: workshop.builder.origin.map { .init(item: $0) },
            remedy: "take all values from the tables of one SecureProgram")
        }
        return try build(workshop)
      })
  }

  func constant<Element: SecretElement>(_ value: Element) -> SecretFormula {
    SecretFormula(workshop, ProgramFormula.element(value))
  }
}

extension ProgramFormula {
  static func element<Element: SecretElement>(_ value: Element) -> ProgramFormula {
    if let number = value as? any SecretNumber {
      let (units, scale) = number.secretUnits
      return .constant(units, scale: scale, text: "\(value)")
    }
    return .constant((value as? Bool) ?? false)
  }
}

/// A value for every row of a table that takes part, over all holders.
///
/// Rows do not take part when they are padding, when the cell is missing, or when
/// ``filtered(where:file:line:)`` left them out; what is computed from several columns has the rows that all of them
/// have. No statistic ever counts other rows.
public struct SecretColumn<Element: SecretElement>: SecretValue {
  public typealias Bits = SecretColumn<Bool>
  public typealias Decimals = SecretColumn<FixedPoint>
  /// What the column is computed from.
  public let formula: SecretFormula
  /// A column of a formula; for the library's own use.
  public init(formula: SecretFormula) { self.formula = formula }
}

/// One value over all rows of all holders.
public struct SecretScalar<Element: SecretElement>: SecretValue {
  public typealias Bits = SecretScalar<Bool>
  public typealias Decimals = SecretScalar<FixedPoint>
  /// What the value is computed from.
  public let formula: SecretFormula
  /// A value of a formula; for the library's own use.
  public init(formula: SecretFormula) { self.formula = formula }
}

/// One value that may not be there: the mean of no rows, or a result that is withheld. Whether it is there is a
/// secret as well, until it is revealed.
public struct OptionalScalar<Element: SecretElement> {
  let formula: SecretFormula

  /// The value, or `replacement` where there is none.
  public func filled(with replacement: Element, file: String = #fileID, line: Int = #line) -> SecretScalar<Element>
  {
    let value = SecretScalar<Element>(
      formula: .filled(formula, with: formula.constant(replacement)))
    _ = try? value.formula.built(at: CallSite(file: file, line: line))
    return value
  }

  /// True where there is a value and false where it is NULL.
  public var isPresent: SecretScalar<Bool> {
    SecretScalar(formula: .presence(formula))
  }

  /// There only where `condition` holds as well: what may not be released is withheld before anything is
  /// opened.
  public func withheld(unless condition: SecretScalar<Bool>) -> OptionalScalar {
    OptionalScalar(formula: .given(condition.formula, formula))
  }
}

extension SecretScalar {
  /// The value where `condition` holds, and none elsewhere: `mean.withheld(unless: count >= 10)`. Recipients learn
  /// that it is withheld, and nothing about the value.
  public func withheld(unless condition: SecretScalar<Bool>) -> OptionalScalar<Element> {
    OptionalScalar(formula: .given(condition.formula, formula))
  }
}
