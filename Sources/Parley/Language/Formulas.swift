internal import BigInt
internal import ParleyBase
internal import ParleyProgram

/// How values combine. Presence goes with the values: a result is there where everything it was made from is.
extension SecretFormula {
  enum Arithmetic: String {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
  }
  enum Relation: String {
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case equal = "=="
    case notEqual = "!="
  }
  enum Logic: String {
    case and = "&&"
    case or = "||"
    case xor = "^"
  }

  private static func both(
    _ a: Program.NodeID?, _ b: Program.NodeID?, _ workshop: Workshop
  ) throws(ParleyError) -> Program.NodeID? {
    guard let a, let b else { return a ?? b }
    return try workshop.builder.and(a, b)
  }

  /// Both numbers in units of the finer one.
  private static func aligned(
    _ a: BuiltValue, _ b: BuiltValue, _ workshop: Workshop
  ) throws(ParleyError) -> (Program.NodeID, Program.NodeID, scale: Int) {
    let scale = max(a.scale, b.scale)
    return (
      try workshop.builder.scale(a.node, by: powerOfTen(scale - a.scale)),
      try workshop.builder.scale(b.node, by: powerOfTen(scale - b.scale)), scale
    )
  }

  static func powerOfTen(_ exponent: Int) -> BigInt { BigInt(10).power(exponent) }

  static func arithmetic(_ kind: Arithmetic, _ a: SecretFormula, _ b: SecretFormula) -> SecretFormula {
    .over([a, b], "(\(a.expression.text) \(kind.rawValue) \(b.expression.text))") { workshop in
      let x = try a.built(), y = try b.built()
      var result = x
      switch kind {
      case .multiply:
        result.node = try workshop.builder.multiply(x.node, y.node)
        result.scale = x.scale + y.scale
      case .add, .subtract:
        let (u, v, scale) = try aligned(x, y, workshop)
        result.node =
          kind == .add ? try workshop.builder.add(u, v) : try workshop.builder.subtract(u, v)
        result.scale = scale
      }
      guard result.scale <= 18 else {
        throw ParleyError(
          .init("plan/scale"), "the product has \(result.scale) decimal places; 18 are the most",
          at: workshop.builder.origin.map { .init(item: $0) }, remedy: "declare columns with fewer places")
      }
      result.isPresent = try both(x.isPresent, y.isPresent, workshop)
      result.allRows = x.allRows ?? y.allRows
      result.isRecord = x.isRecord || y.isRecord
      return result
    }
  }

  static func negated(_ a: SecretFormula) -> SecretFormula {
    .over([a], "-\(a.expression.text)") { workshop in
      var value = try a.built()
      value.node = try workshop.builder.negate(value.node)
      return value
    }
  }

  static func relation(_ kind: Relation, _ a: SecretFormula, _ b: SecretFormula) -> SecretFormula {
    .over([a, b], "(\(a.expression.text) \(kind.rawValue) \(b.expression.text))") { workshop in
      let x = try a.built(), y = try b.built()
      let (u, v, _) = try aligned(x, y, workshop)
      let bit =
        switch kind {
        case .less: try workshop.builder.compare(.less, u, v)
        case .lessOrEqual: try workshop.builder.compare(.lessOrEqual, u, v)
        case .greater: try workshop.builder.compare(.less, v, u)
        case .greaterOrEqual: try workshop.builder.compare(.lessOrEqual, v, u)
        case .equal: try workshop.builder.compare(.equal, u, v)
        case .notEqual: try workshop.builder.not(try workshop.builder.compare(.equal, u, v))
        }
      return BuiltValue(
        node: bit, isPresent: try both(x.isPresent, y.isPresent, workshop), allRows: x.allRows ?? y.allRows)
    }
  }

  static func logic(_ kind: Logic, _ a: SecretFormula, _ b: SecretFormula) -> SecretFormula {
    .over([a, b], "(\(a.expression.text) \(kind.rawValue) \(b.expression.text))") { workshop in
      let x = try a.built(), y = try b.built()
      let bit =
        switch kind {
        case .and: try workshop.builder.and(x.node, y.node)
        case .or: try workshop.builder.or(x.node, y.node)
        case .xor: try workshop.builder.xor(x.node, y.node)
        }
      return BuiltValue(
        node: bit, isPresent: try both(x.isPresent, y.isPresent, workshop), allRows: x.allRows ?? y.allRows)
    }
  }

  static func not(_ a: SecretFormula) -> SecretFormula {
    .over([a], "!\(a.expression.text)") { workshop in
      var value = try a.built()
      value.node = try workshop.builder.not(value.node)
      return value
    }
  }

  /// `condition ? a : b`; there where the condition is, and the branch it takes.
  static func choice(_ condition: SecretFormula, _ a: SecretFormula, _ b: SecretFormula) -> SecretFormula {
    .over(
      [condition, a, b], "select(\(condition.expression.text), \(a.expression.text), \(b.expression.text))"
    ) { workshop in
      let bit = try condition.built(), x = try a.built(), y = try b.built()
      let (u, v, scale) = try aligned(x, y, workshop)
      var isPresent = bit.isPresent
      if x.isPresent == y.isPresent {
        isPresent = try both(isPresent, x.isPresent, workshop)
      } else {
        let always = workshop.builder.constant(true)
        let branch = try workshop.builder.select(bit.node, x.isPresent ?? always, y.isPresent ?? always)
        isPresent = try both(isPresent, branch, workshop)
      }
      return BuiltValue(
        node: try workshop.builder.select(bit.node, u, v), isPresent: isPresent,
        allRows: bit.allRows ?? x.allRows ?? y.allRows, scale: scale, isRecord: x.isRecord || y.isRecord)
    }
  }

  /// `a` where the condition is there and holds.
  static func given(_ condition: SecretFormula, _ a: SecretFormula) -> SecretFormula {
    .over([condition, a], "\(a.expression.text) where \(condition.expression.text)") { workshop in
      let bit = try condition.built()
      var value = try a.built()
      let holds = try both(bit.isPresent, bit.node, workshop)
      value.isPresent = try both(value.isPresent, holds, workshop)
      value.allRows = value.allRows ?? bit.allRows
      return value
    }
  }

  /// `a` where it is there, else `b`, for every row of the table.
  static func filled(_ a: SecretFormula, with b: SecretFormula) -> SecretFormula {
    .over([a, b], "filled(\(a.expression.text), \(b.expression.text))") { workshop in
      let x = try a.built(), y = try b.built()
      let (u, v, scale) = try aligned(x, y, workshop)
      let node = try x.isPresent.map { try workshop.builder.select($0, u, v) } ?? u
      return BuiltValue(
        node: node, isPresent: x.allRows, allRows: x.allRows, scale: scale, isRecord: x.isRecord)
    }
  }

  /// The bit "is there", for every row of the table.
  static func presence(_ a: SecretFormula) -> SecretFormula {
    .over([a], "isPresent(\(a.expression.text))") { workshop in
      let value = try a.built()
      let bit = value.isPresent ?? workshop.builder.constant(true)
      return BuiltValue(node: bit, isPresent: value.allRows, allRows: value.allRows)
    }
  }

  /// Whether a category column has the value `label`.
  static func isCategory(_ a: SecretFormula, _ label: String) -> SecretFormula {
    .over([a], "(\(a.expression.text) == \"\(label)\")") { workshop in
      var value = try a.built()
      guard let labels = value.labels,
        let position = labels.firstIndex(where: { $0.utf8.elementsEqual(label.utf8) })
      else {
        throw ParleyError(
          .init("plan/unknown-category"), "\(a.expression.text) never is \"\(label)\"",
          at: workshop.builder.origin.map { .init(item: $0) },
          remedy: "use one of \((value.labels ?? []).joined(separator: ", "))")
      }
      let wanted = workshop.builder.constant(BigInt(position))
      value.node = try workshop.builder.compare(.equal, value.node, wanted)
      value.labels = nil
      return value
    }
  }
}
