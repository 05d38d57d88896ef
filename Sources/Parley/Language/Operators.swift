// Every operator makes one node of the program and costs nothing yet; `docs/swift-api.md` lists what runs to what.
// Between a column and a scalar, the scalar meets every row.

extension SecretValue where Element: SecretNumber {
  public static func + (a: Self, b: Self) -> Self { .init(formula: .arithmetic(.add, a.formula, b.formula)) }
  public static func + (a: Self, b: Element) -> Self {
    .init(formula: .arithmetic(.add, a.formula, a.formula.constant(b)))
  }
  public static func + (a: Element, b: Self) -> Self {
    .init(formula: .arithmetic(.add, b.formula.constant(a), b.formula))
  }
  public static func - (a: Self, b: Self) -> Self { .init(formula: .arithmetic(.subtract, a.formula, b.formula)) }
  public static func - (a: Self, b: Element) -> Self {
    .init(formula: .arithmetic(.subtract, a.formula, a.formula.constant(b)))
  }
  public static func - (a: Element, b: Self) -> Self {
    .init(formula: .arithmetic(.subtract, b.formula.constant(a), b.formula))
  }
  public static func * (a: Self, b: Self) -> Self { .init(formula: .arithmetic(.multiply, a.formula, b.formula)) }
  public static func * (a: Self, b: Element) -> Self {
    .init(formula: .arithmetic(.multiply, a.formula, a.formula.constant(b)))
  }
  public static func * (a: Element, b: Self) -> Self {
    .init(formula: .arithmetic(.multiply, b.formula.constant(a), b.formula))
  }
  public static prefix func - (a: Self) -> Self { .init(formula: .negated(a.formula)) }

  public static func < (a: Self, b: Self) -> Bits { .init(formula: .relation(.less, a.formula, b.formula)) }
  public static func < (a: Self, b: Element) -> Bits {
    .init(formula: .relation(.less, a.formula, a.formula.constant(b)))
  }
  public static func < (a: Element, b: Self) -> Bits {
    .init(formula: .relation(.less, b.formula.constant(a), b.formula))
  }
  public static func <= (a: Self, b: Self) -> Bits {
    .init(formula: .relation(.lessOrEqual, a.formula, b.formula))
  }
  public static func <= (a: Self, b: Element) -> Bits {
    .init(formula: .relation(.lessOrEqual, a.formula, a.formula.constant(b)))
  }
  public static func <= (a: Element, b: Self) -> Bits {
    .init(formula: .relation(.lessOrEqual, b.formula.constant(a), b.formula))
  }
  public static func > (a: Self, b: Self) -> Bits { .init(formula: .relation(.greater, a.formula, b.formula)) }
  public static func > (a: Self, b: Element) -> Bits {
    .init(formula: .relation(.greater, a.formula, a.formula.constant(b)))
  }
  public static func > (a: Element, b: Self) -> Bits {
    .init(formula: .relation(.greater, b.formula.constant(a), b.formula))
  }
  public static func >= (a: Self, b: Self) -> Bits {
    .init(formula: .relation(.greaterOrEqual, a.formula, b.formula))
  }
  public static func >= (a: Self, b: Element) -> Bits {
    .init(formula: .relation(.greaterOrEqual, a.formula, a.formula.constant(b)))
  }
  public static func >= (a: Element, b: Self) -> Bits {
    .init(formula: .relation(.greaterOrEqual, b.formula.constant(a), b.formula))
  }
  public static func == (a: Self, b: Self) -> Bits { .init(formula: .relation(.equal, a.formula, b.formula)) }
  public static func == (a: Self, b: Element) -> Bits {
    .init(formula: .relation(.equal, a.formula, a.formula.constant(b)))
  }
  public static func == (a: Element, b: Self) -> Bits {
    .init(formula: .relation(.equal, b.formula.constant(a), b.formula))
  }
  public static func != (a: Self, b: Self) -> Bits { .init(formula: .relation(.notEqual, a.formula, b.formula)) }
  public static func != (a: Self, b: Element) -> Bits {
    .init(formula: .relation(.notEqual, a.formula, a.formula.constant(b)))
  }
  public static func != (a: Element, b: Self) -> Bits {
    .init(formula: .relation(.notEqual, b.formula.constant(a), b.formula))
  }
}

extension SecretColumn where Element: SecretNumber {
  public static func + (a: Self, b: SecretScalar<Element>) -> Self {
    .init(formula: .arithmetic(.add, a.formula, b.formula))
  }
  public static func + (a: SecretScalar<Element>, b: Self) -> Self {
    .init(formula: .arithmetic(.add, a.formula, b.formula))
  }
  public static func - (a: Self, b: SecretScalar<Element>) -> Self {
    .init(formula: .arithmetic(.subtract, a.formula, b.formula))
  }
  public static func - (a: SecretScalar<Element>, b: Self) -> Self {
    .init(formula: .arithmetic(.subtract, a.formula, b.formula))
  }
  public static func * (a: Self, b: SecretScalar<Element>) -> Self {
    .init(formula: .arithmetic(.multiply, a.formula, b.formula))
  }
  public static func * (a: SecretScalar<Element>, b: Self) -> Self {
    .init(formula: .arithmetic(.multiply, a.formula, b.formula))
  }

  public static func < (a: Self, b: SecretScalar<Element>) -> SecretColumn<Bool> {
    .init(formula: .relation(.less, a.formula, b.formula))
  }
  public static func < (a: SecretScalar<Element>, b: Self) -> SecretColumn<Bool> {
    .init(formula: .relation(.less, a.formula, b.formula))
  }
  public static func <= (a: Self, b: SecretScalar<Element>) -> SecretColumn<Bool> {
    .init(formula: .relation(.lessOrEqual, a.formula, b.formula))
  }
  public static func <= (a: SecretScalar<Element>, b: Self) -> SecretColumn<Bool> {
    .init(formula: .relation(.lessOrEqual, a.formula, b.formula))
  }
  public static func > (a: Self, b: SecretScalar<Element>) -> SecretColumn<Bool> {
    .init(formula: .relation(.greater, a.formula, b.formula))
  }
  public static func > (a: SecretScalar<Element>, b: Self) -> SecretColumn<Bool> {
    .init(formula: .relation(.greater, a.formula, b.formula))
  }
  public static func >= (a: Self, b: SecretScalar<Element>) -> SecretColumn<Bool> {
    .init(formula: .relation(.greaterOrEqual, a.formula, b.formula))
  }
  public static func >= (a: SecretScalar<Element>, b: Self) -> SecretColumn<Bool> {
    .init(formula: .relation(.greaterOrEqual, a.formula, b.formula))
  }
  public static func == (a: Self, b: SecretScalar<Element>) -> SecretColumn<Bool> {
    .init(formula: .relation(.equal, a.formula, b.formula))
  }
  public static func == (a: SecretScalar<Element>, b: Self) -> SecretColumn<Bool> {
    .init(formula: .relation(.equal, a.formula, b.formula))
  }
  public static func != (a: Self, b: SecretScalar<Element>) -> SecretColumn<Bool> {
    .init(formula: .relation(.notEqual, a.formula, b.formula))
  }
  public static func != (a: SecretScalar<Element>, b: Self) -> SecretColumn<Bool> {
    .init(formula: .relation(.notEqual, a.formula, b.formula))
  }
}

extension SecretValue where Element == Bool {
  public static func && (a: Self, b: Self) -> Self { .init(formula: .logic(.and, a.formula, b.formula)) }
  public static func || (a: Self, b: Self) -> Self { .init(formula: .logic(.or, a.formula, b.formula)) }
  public static func & (a: Self, b: Self) -> Self { .init(formula: .logic(.and, a.formula, b.formula)) }
  public static func | (a: Self, b: Self) -> Self { .init(formula: .logic(.or, a.formula, b.formula)) }
  public static func ^ (a: Self, b: Self) -> Self { .init(formula: .logic(.xor, a.formula, b.formula)) }
  public static prefix func ! (a: Self) -> Self { .init(formula: .not(a.formula)) }
  public static func == (a: Self, b: Self) -> Self { .init(formula: .not(.logic(.xor, a.formula, b.formula))) }
  public static func != (a: Self, b: Self) -> Self { .init(formula: .logic(.xor, a.formula, b.formula)) }
}

extension SecretColumn where Element == Bool {
  public static func && (a: Self, b: SecretScalar<Bool>) -> Self {
    .init(formula: .logic(.and, a.formula, b.formula))
  }
  public static func && (a: SecretScalar<Bool>, b: Self) -> Self {
    .init(formula: .logic(.and, a.formula, b.formula))
  }
  public static func || (a: Self, b: SecretScalar<Bool>) -> Self {
    .init(formula: .logic(.or, a.formula, b.formula))
  }
  public static func || (a: SecretScalar<Bool>, b: Self) -> Self {
    .init(formula: .logic(.or, a.formula, b.formula))
  }
  public static func & (a: Self, b: SecretScalar<Bool>) -> Self {
    .init(formula: .logic(.and, a.formula, b.formula))
  }
  public static func & (a: SecretScalar<Bool>, b: Self) -> Self {
    .init(formula: .logic(.and, a.formula, b.formula))
  }
  public static func | (a: Self, b: SecretScalar<Bool>) -> Self {
    .init(formula: .logic(.or, a.formula, b.formula))
  }
  public static func | (a: SecretScalar<Bool>, b: Self) -> Self {
    .init(formula: .logic(.or, a.formula, b.formula))
  }
  public static func ^ (a: Self, b: SecretScalar<Bool>) -> Self {
    .init(formula: .logic(.xor, a.formula, b.formula))
  }
  public static func ^ (a: SecretScalar<Bool>, b: Self) -> Self {
    .init(formula: .logic(.xor, a.formula, b.formula))
  }
}

extension SecretColumn where Element == String {
  public static func == (a: Self, b: String) -> SecretColumn<Bool> { .init(formula: .isCategory(a.formula, b)) }
  public static func != (a: Self, b: String) -> SecretColumn<Bool> {
    .init(formula: .not(.isCategory(a.formula, b)))
  }
}
