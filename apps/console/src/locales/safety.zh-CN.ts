export const safetyZhCN = {
  safety: {
    heading: '紧急停供',
    on: '全场紧急停供中',
    off: '目前没有紧急停供。',
    look: '查看',
    counts: '可控表计 {meters} 块，已回读断开 {off} 块',
    hint: '用于火灾、水淹等紧急情况：全场电表拉闸、水表关阀，余额和保电状态都不起作用，直到恢复供应。NB 水表在下次唤醒时关阀。',
    cut: '全场紧急停供',
    restore: '恢复供应',
    confirm: '请输入项目名称「{name}」以确认',
    placeholder: '例如：二号厅起火',
    lockOut: '安全锁定',
    lift: '解除安全锁定',
    consequence: {
      cut: '立即对全场所有电表拉闸、水表关阀，包括受保护的档位。',
      restore: '各表恢复按余额、强制状态等规则决定；欠费的仍不供应。',
      lockOut: '立即断开，并保持断开：充值、保电都不会恢复，直到解除锁定。',
      lift: '恢复按余额、强制状态等规则决定。',
    },
  },
};
